"""Both ends of the line to another machine, in the hands of a test: a speaker, a peer, an app."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, Type
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.receiver.mic_socket import MicSocket
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.remote_mic.receiver.remote_source import RemoteSource
from skdictate.sources.base import Item, Named, RepairedSamples, Trouble
from skdictate.system.paths import Paths

SOUND = Format(16_000)
STREAM = "stream-of-a-test"
N_BLOCK = 320


def spoken(start: int, n_samples: int) -> bytes:
    """Samples that are their own numbers, so that none can be mistaken for another nearby."""
    return b"".join((n & 0xFFFF).to_bytes(2, "little") for n in range(start, start + n_samples))


async def until(is_it: Callable[[], object], longest_s: float = 20.0) -> None:
    """Wait for something that is certain to come."""
    async with asyncio.timeout(longest_s):
        while not is_it():
            await asyncio.sleep(0.002)


class Speaker:
    """A source that gives what a test says, when it says it."""

    is_live = True
    is_microphone = True
    overruns = 0
    name = "speaker"

    def __init__(self, sound: Format = SOUND, problem: Problem | None = None) -> None:
        self.format = sound
        self.items: asyncio.Queue[Item | None] = asyncio.Queue()
        self.n_spoken = 0
        self.is_on = False
        self.n_times_on = 0
        self._problem = problem
        self._is_stopped = False

    def say(self, n_blocks: int = 1) -> None:
        """Speak the next blocks of 20 ms."""
        for _ in range(n_blocks):
            self.items.put_nowait(spoken(self.n_spoken, N_BLOCK))
            self.n_spoken += N_BLOCK

    def stop(self) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            self.items.put_nowait(None)

    async def __aenter__(self) -> Self:
        assert not self.is_on, "two at a time"
        self.is_on = True
        self.n_times_on += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_on = False

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (item := await self.items.get()) is not None:
            yield item
        self._is_stopped = False  # it may be used for the next dictation, too
        if self._problem is not None:
            raise ProblemError(self._problem)


class App:
    """An inbox, and what its dictations have taken."""

    def __init__(self, paths: Paths, sound: Format = SOUND) -> None:
        self.receiver = Receiver(sound)
        self.inbox = MicSocket(self.receiver, paths)
        self.items: list[Item] = []
        self.recording = bytearray()
        """As the engine would have it: silence for what is missing, mended where that came."""
        self.source: RemoteSource | None = None
        self.on_sound: Callable[[bytes], None] = lambda pcm: None
        self.hold = asyncio.Event()
        """Taken from, while set."""
        self.hold.set()
        self._group: asyncio.TaskGroup
        self._taking: asyncio.Task[None] | None = None

    def begin(self) -> RemoteSource:
        """A dictation."""
        self.items.clear()
        self.recording.clear()
        self.source = self.receiver.source()
        self._taking = self._group.create_task(self._take(self.source))
        return self.source

    async def end(self) -> None:
        """Its end, once everything is there."""
        assert self.source is not None and self._taking is not None
        self.source.stop()
        async with asyncio.timeout(20):
            await self._taking

    def kill(self) -> None:
        """Be gone without a word."""
        for it in self.receiver._party.lines:
            it._writer.transport.abort()
        self._serving.cancel()
        self.inbox.close()

    async def _take(self, source: RemoteSource) -> None:
        async with source:
            async for item in source:
                await self.hold.wait()
                self.items.append(item)
                match item:
                    case bytes():
                        start = len(self.recording) // 2
                        self.recording += item
                        source.set_position(start)
                        self.on_sound(item)
                    case Missing():
                        self.recording += bytes(2 * item.n_samples)
                    case RepairedSamples(start, pcm):
                        self.recording[2 * start : 2 * start + len(pcm)] = pcm

    @property
    def n_recorded(self) -> int:
        return len(self.recording) // 2

    @property
    def names(self) -> list[str]:
        return [item.name for item in self.items if isinstance(item, Named)]

    @property
    def troubles(self) -> list[str]:
        return [item.problem.title for item in self.items if isinstance(item, Trouble)]

    @property
    def missing(self) -> list[Missing]:
        return [item for item in self.items if isinstance(item, Missing)]

    async def __aenter__(self) -> Self:
        self._group = await asyncio.TaskGroup().__aenter__()
        self._serving = self._group.create_task(self.inbox.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serving.cancel()
        if self._taking is not None:
            self._taking.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        finally:
            self.inbox.close()


class Peer:
    """Whoever connects to an inbox, and says what a test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(has_preamble=False, is_peer=True)
        self.heard: list[Frame] = []
        self.pings: list[Frame] = []
        self.is_closed = False
        self.answers_pings = True
        self.answers_after_s = 0.0

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def say(self, *frames: Frame) -> None:
        self.write(b"".join(frame.encode() for frame in frames))

    def greet(self, token: str, stream: str = STREAM, start: int = 0, **facts: Any) -> None:
        """Say hello."""
        self.write(PREAMBLE)
        self.say(hello(token, stream, start, **facts))

    def speak(self, start: int, n_samples: int, capture_ns: int = 0) -> None:
        self.say(Frame(Type.AUDIO, start, capture_ns, spoken(start, n_samples)))

    async def listen(self) -> None:
        """Hear until the other end closes."""
        with suppress(OSError):
            while data := await self._reader.read(65536):
                for frame in self._decoder.feed(data):
                    if frame.type is Type.PING:
                        self.pings.append(frame)
                        if self.answers_pings:
                            asyncio.get_running_loop().call_later(
                                self.answers_after_s,
                                self.say,
                                Frame.pong(frame, time.monotonic_ns()),
                            )
                    else:
                        self.heard.append(frame)
        self.is_closed = True

    def of(self, kind: Type) -> list[Frame]:
        return [frame for frame in self.heard if frame.type is kind]

    async def hears(self, kind: Type, n: int = 1) -> Frame:
        """Wait for the n-th frame of a type."""
        await until(lambda: len(self.of(kind)) >= n)
        return self.of(kind)[n - 1]

    async def acked(self, sample: int) -> None:
        await until(lambda: any(frame.sample >= sample for frame in self.of(Type.ACK)))

    @property
    def refusal(self) -> dict[str, Any]:
        """Why it was not listened to."""
        (frame,) = self.of(Type.TROUBLE)
        said: dict[str, Any] = json.loads(frame.payload)
        return said

    def hang_up(self) -> None:
        self._writer.transport.abort()


def hello(token: str, stream: str = STREAM, start: int = 0, **facts: Any) -> Frame:
    said = {"v": 1, "token": token, "stream": stream, "rate_hz": 16_000, "label": "Desk"} | facts
    return Frame(Type.HELLO, start, payload=json.dumps(said).encode())


@asynccontextmanager
async def connected(app: App) -> AsyncIterator[Peer]:
    """A connection to the inbox; nothing was said."""
    peer = Peer(*await app_finder.reach(app.inbox.session))
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(peer.listen())
        try:
            yield peer
        finally:
            listening.cancel()
            peer.hang_up()
