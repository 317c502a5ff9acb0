"""A microphone for sound that another program prints: always read, and used when it is wanted.

Sound that nobody wants is dropped, because it would arrive minutes late from a full pipe. Until it
is known whether somebody wants it, it is held with the times of its arrival, since what was spoken
before a dictation does not belong to it.
"""

from __future__ import annotations

import asyncio
import io
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import numpy as np

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.audio.resampling import Converter
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import Item
from skdictate.sources.container_kind import HEAD_BYTES, container_of, enough
from skdictate.sources.stdin_source import blocks
from skdictate.sources.wav_header import UnreadableError

READ_BYTES = 6400
HELD_S = 30.0
"""Seconds of sound that are held; more is left in the pipe."""
WAIT_S = 0.05
AT_ONCE_S = 2.5
"""Seconds of sound that may arrive beyond the time that has passed, since a pipe holds some; more
means a file, whose sound has no meaningful time."""
FORMS: dict[str, tuple[int, Callable[[bytes], Any]]] = {
    "u8": (1, lambda data: (np.frombuffer(data, "u1").astype(np.float32) - 128) / 128),
    "s16le": (2, lambda data: np.frombuffer(data, "<i2").astype(np.float32) / 32768),
    "s24le": (3, lambda data: _s24(data)),
    "s32le": (4, lambda data: (np.frombuffer(data, "<i4") / 2147483648).astype(np.float32)),
    "f32le": (4, lambda data: np.nan_to_num(np.frombuffer(data, "<f4"))),
}
"""By the names that ffmpeg uses: bytes of a sample, and a function to samples from -1 to 1."""


@dataclass(frozen=True, slots=True)
class PcmForm:
    """The format of raw sound."""

    rate_hz: int = 16_000
    n_channels: int = 1
    name: str = "s16le"


Block = tuple[int, bytes]
"""The time of arrival in ns of the steady clock, 0 if it has no meaning, and the samples."""


class Pipe:
    """A file descriptor that gives sound; ``head`` was read from it already."""

    def __init__(self, fd: int, head: bytes, form: PcmForm, sound: Format) -> None:
        self.on_end: Callable[[], None] = lambda: None
        """Called when there is nothing more."""
        self.is_ended = False
        self.problem: Problem | None = None
        self._file = _buffered(head, lambda n: os.read(fd, n))
        self._form = form
        self._sound = sound
        self._listener: asyncio.Queue[Block | None] | None = None
        self._held: list[Block] | None = []
        self._is_live = True
        """Whether the sound comes as it is captured, as far as can be told."""

    def start(self) -> None:
        """Start to read, on a thread that need not be joined."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()

    def source(self) -> PipeSource:
        """A source of what comes from now on."""
        return PipeSource(self, self._sound)

    def listen(self, queue: asyncio.Queue[Block | None] | None) -> None:
        """Put what comes into a queue; None for no queue."""
        self._listener = queue
        if queue is None:
            return
        held, self._held = self._held or [], None
        self._is_live = self._is_live and _is_slow(held, self._sound)
        for block in held:
            self._pass_on(queue, block)
        if self.is_ended:
            queue.put_nowait(None)

    def forget(self) -> None:
        """Drop what has come until now."""
        is_held, self._held = self._held is not None, None
        if is_held and self.is_ended:
            self.on_end()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the thread: read until the end."""
        problem: Problem | None = None
        try:
            n_samples = 0
            for block in self._blocks():
                loop.call_soon_threadsafe(self._hear, (time.monotonic_ns(), block))
                n_samples += len(block) // BYTES_PER_SAMPLE
                while self._held is not None and self._sound.seconds(n_samples) > HELD_S:
                    time.sleep(WAIT_S)
        except (OSError, EOFError, UnreadableError) as error:
            problem = _unreadable(error)
        except RuntimeError:  # the event loop is closed, so nobody waits for it
            return
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._end, problem)

    def _blocks(self) -> Iterator[bytes]:
        head = self._file.read(HEAD_BYTES)
        while not enough(head) and (more := self._file.read1(READ_BYTES)):
            head += more
        file = _buffered(head, self._file.read1)
        if container_of(head) is not None or self._form == PcmForm(self._sound.rate_hz):
            yield from blocks(file, self._sound)
            return
        width, convert = FORMS[self._form.name]
        n_channels = self._form.n_channels
        converter = Converter(self._form.rate_hz, self._sound.rate_hz, n_channels)
        frame_bytes = width * n_channels
        rest = b""
        while piece := file.read1(READ_BYTES):
            data = rest + piece
            whole = len(data) - len(data) % frame_bytes
            rest = data[whole:]
            if pcm := converter.convert(convert(data[:whole]).reshape(-1, n_channels)):
                yield pcm
        if pcm := converter.convert(np.zeros((0, 1), np.float32), is_last=True):
            yield pcm

    def _hear(self, block: Block) -> None:
        if self._listener is not None:
            self._pass_on(self._listener, block)
        elif self._held is not None:
            self._held.append(block)

    def _pass_on(self, queue: asyncio.Queue[Block | None], block: Block) -> None:
        queue.put_nowait(block if self._is_live else (0, block[1]))

    def _end(self, problem: Problem | None) -> None:
        self.is_ended = True
        self.problem = problem
        if self._listener is not None:
            self._listener.put_nowait(None)
        elif self._held is None:
            self.on_end()


class PipeSource:
    """What a pipe gives from entering until ``stop``."""

    is_live = True
    is_microphone = True
    overruns = 0
    name = "standard input"

    def __init__(self, pipe: Pipe, sound: Format) -> None:
        self.format = sound
        self.captured_ns = 0
        """See ``Timed``."""
        self._pipe = pipe
        self._blocks: asyncio.Queue[Block | None] = asyncio.Queue()

    def stop(self) -> None:
        """End after what has come already."""
        self._pipe.listen(None)
        self._blocks.put_nowait(None)

    async def __aenter__(self) -> Self:
        """Start to receive."""
        self._pipe.listen(self._blocks)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop receiving."""
        self._pipe.listen(None)

    async def __aiter__(self) -> AsyncIterator[Item]:
        """The blocks; see ``Source``."""
        while (block := await self._blocks.get()) is not None:
            self.captured_ns, pcm = block
            yield pcm
        if self._pipe.problem is not None:
            raise ProblemError(self._pipe.problem)


def _buffered(head: bytes, read: Callable[[int], bytes]) -> io.BufferedReader:
    """A file with its first bytes put back."""
    return cast("io.BufferedReader", io.BufferedReader(_Given(head, read), READ_BYTES))


class _Given(io.RawIOBase):
    """Some bytes, followed by what is read after them."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        self._head = head
        self._more = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        data = data or self._more(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _is_slow(held: list[Block], sound: Format) -> bool:
    """Whether it came no faster than it was spoken."""
    if not held:
        return True
    n_samples = sum(len(pcm) for _, pcm in held) // BYTES_PER_SAMPLE
    took_s = (held[-1][0] - held[0][0]) / 1e9
    return sound.seconds(n_samples) <= took_s + AT_ONCE_S


def _s24(data: bytes) -> Any:
    """Convert three bytes a sample, as the upper three of four."""
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return (wide.view("<i4")[:, 0] / 2147483648).astype(np.float32)


def _unreadable(error: Exception) -> Problem:
    detail = str(error) or "It ended within its header"
    hint = getattr(error, "hint", "")
    hint = hint or "Send 16-bit WAV, or raw sound; --rate, --channels and --format say which."
    title = "Standard input is no sound that can be read"
    return Problem(Kind.USAGE, title, detail, hint, is_permanent=True)
