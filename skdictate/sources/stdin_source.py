"""Reads sound from standard input: raw s16le mono at the chosen rate, or WAV."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from io import BufferedReader
from types import TracebackType
from typing import Self, cast

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.audio.resampling import Converter
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import BLOCK_MS
from skdictate.sources.container_kind import HEAD_BYTES, Container, container_of, enough
from skdictate.sources.wav_header import UnreadableError, read_header

READ_BYTES = 6_400


class StdinSource:
    """Reads as fast as the sound comes, so that the program that writes it never waits."""

    is_live = True
    is_microphone = False
    overruns = 0
    name = "standard input"

    def __init__(self, sound: Format, fd: int = 0) -> None:
        self.format = sound
        self._fd = fd
        self._is_stopped = False
        self._blocks: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def stop(self) -> None:
        """End after what was read already."""
        self._is_stopped = True
        self._blocks.put_nowait(None)

    async def __aenter__(self) -> Self:
        """Start to read, on a thread that need not be joined."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self._is_stopped = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks; see ``Source``."""
        while (block := await self._blocks.get()) is not None:
            if isinstance(block, Exception):
                raise ProblemError(_unreadable(block)) from block
            yield block

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the thread: read until the end, and report how it ended."""
        end: Exception | None = None
        try:
            with open(self._fd, "rb", closefd=False) as pipe:
                for block in blocks(pipe, self.format):
                    if self._is_stopped:
                        return
                    loop.call_soon_threadsafe(self._blocks.put_nowait, block)
        except (OSError, EOFError, UnreadableError) as error:
            end = error
        except RuntimeError:  # the event loop is closed, so nobody waits for it
            return
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._blocks.put_nowait, end)


def blocks(pipe: BufferedReader, sound: Format) -> Iterator[bytes]:
    """The sound of a pipe as s16le mono at the wanted rate, as it comes.

    Raises:
        UnreadableError: it is neither raw nor a WAV of 16 bits.
        EOFError: it ends within its header.
    """
    head = pipe.read(HEAD_BYTES)
    while not enough(head) and (more := pipe.read1(READ_BYTES)):
        head += more
    container = container_of(head)
    if container is None:
        yield from _aligned(_pieces(head, pipe, None, sound), BYTES_PER_SAMPLE)
        return
    if container not in (Container.WAV, Container.RF64):
        raise unread(container)
    given = cast("BufferedReader", Returned(head, pipe))
    header = read_header(given)
    frame_bytes = BYTES_PER_SAMPLE * header.n_channels
    converter = Converter(header.rate_hz, sound.rate_hz, header.n_channels)
    for piece in _aligned(_pieces(b"", given, header.size_bytes, sound), frame_bytes):
        if pcm := converter.convert_pcm(piece):
            yield pcm
    if pcm := converter.convert_pcm(b"", is_last=True):
        yield pcm


def unread(container: Container) -> UnreadableError:
    """The error for a format that cannot be read from a pipe, with a hint."""
    if container.is_of_files:
        hint = "Save it as a file, and run: skdictate transcribe FILE"
    else:
        hint = "Convert it first: ffmpeg -loglevel error -i FILE -ac 1 -c:a pcm_s16le -f wav -"
    return UnreadableError(f"it is {container}, which is not read from a pipe", hint)


def _pieces(head: bytes, pipe: BufferedReader, rest: int | None, sound: Format) -> Iterator[bytes]:
    """Yield what can be read from the pipe, at most ``rest`` bytes."""
    if head:
        yield head
    most = sound.size_bytes(sound.samples_of_ms(4 * BLOCK_MS))
    while rest is None or rest > 0:
        piece = pipe.read1(most if rest is None else min(most, rest))
        if not piece:
            return
        rest = None if rest is None else rest - len(piece)
        yield piece


def _aligned(pieces: Iterator[bytes], frame_bytes: int) -> Iterator[bytes]:
    """Regroup the pieces into whole frames; half a frame at the end is dropped."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % frame_bytes
        rest = data[whole:]
        if whole:
            yield data[:whole]


class Returned:
    """A pipe with its first bytes put back."""

    def __init__(self, head: bytes, pipe: BufferedReader) -> None:
        self._head = head
        self._pipe = pipe

    def read(self, n: int) -> bytes:
        """The next ``n`` bytes; fewer only at the end."""
        taken, self._head = self._head[:n], self._head[n:]
        return taken + self._pipe.read(n - len(taken)) if len(taken) < n else taken

    def read1(self, n: int) -> bytes:
        """The next bytes, as soon as there are any."""
        if not self._head:
            return self._pipe.read1(n)
        taken, self._head = self._head[:n], self._head[n:]
        return taken


def _unreadable(error: Exception) -> Problem:
    hint = getattr(error, "hint", "")
    return Problem(
        Kind.USAGE,
        "Standard input is no sound that can be read",
        str(error) or "It ended within its header",
        hint or "Send 16-bit WAV, or raw 16-bit little-endian mono at --rate.",
        is_permanent=True,
    )
