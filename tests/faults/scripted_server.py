"""A SpeechKit server that does as it is told: real gRPC on loopback, v3 and v2, real limits.

It recognises numbers (``numbers.Ear``), answers as its manners are, holds every session to the
service's limits, and can be told to be mute, late or full, to refuse, to die, to hang up without a
word, and to go away in good order and come back elsewhere.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Self

import grpc

from skdictate.audio.pcm import Format
from skdictate.core.events import Refinement
from tests.faults.fake_recogniser import Manners, Said, Teller
from tests.faults.wire import V2, V3, WIRES, Wire

SESSION_S = 300.0
SESSION_BYTES = 10_000_000
IDLE_S = 5.0
"""The service's; see its documentation, section "Limits"."""
ALIVE_S = 3.0
LOOK_S = 0.05
"""How soon a change of manners is noticed."""
TOO_LONG = grpc.StatusCode.OUT_OF_RANGE
WORDS_IDLE = "Chunks have to be sent with at least one per 5 seconds frequency"


@dataclass(frozen=True)
class End:
    """How a session is to end; without a code, as if all were said."""

    code: grpc.StatusCode | None = None
    text: str = ""


@dataclass
class Server:
    """``async with Server(seed) as server``; ``server.port`` changes when it goes away."""

    seed: int = 0
    manners: Manners = field(default_factory=Manners)
    session_s: float = SESSION_S
    session_bytes: int = SESSION_BYTES
    is_mute: bool = False
    """It listens, and keeps its answers to itself for now."""
    is_deaf: bool = False
    """New sessions hear nothing, and say only that they are there."""
    is_full: bool = False
    """It takes nothing more from its clients for now."""
    nonsense: Iterator[bytes] | None = None
    """Said instead of answers, some for each message, until there is no more."""
    n_babble: int = 20
    """Of nonsense, for each message."""
    n_said: int = 0
    """Answers of all kinds."""
    refusal: End | None = None
    """What new sessions get."""
    stumble: End | None = None
    """How sessions end that have greeted their client, whatever they were sent ..."""
    stumble_s: float = 0.0
    """... as soon as that was so much audio; what they heard by then, they have answered ..."""
    is_dumb: bool = False
    """... if they answer at all."""
    is_roomy: bool = False
    """It lets a client send ahead as much as it likes, as some do; else 64 KiB."""
    received: list[tuple[float, int]] = field(default_factory=list)
    """Samples of each message, and when they came."""
    n_samples: int = 0
    """In all sessions."""
    n_now: int = 0
    most_at_once: int = 0
    violations: list[str] = field(default_factory=list)
    """Sessions that passed a limit of audio or data."""
    n_idle: int = 0
    """Sessions that sent nothing for too long."""
    n_sessions: int = 0
    begun_s: list[float] = field(default_factory=list)
    """When each session began."""
    rate_hz: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        self._rng = random.Random(self.seed)
        self._sessions: set[Session] = set()
        self.changed = asyncio.Condition()
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    async def be(self, **moods: Any) -> None:
        """Change its mood: ``is_mute``, ``is_full``, ``refusal``."""
        async with self.changed:
            for name, value in moods.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def pace(self, window_s: float) -> float:
        """How much audio came at most in such a time, as a share of it."""
        seconds = [(at_s, n / self.rate_hz) for at_s, n in self.received]
        most_s = 0.0
        first = 0
        held_s = 0.0
        for at_s, length_s in seconds:
            held_s += length_s
            while seconds[first][0] < at_s - window_s:
                held_s -= seconds[first][1]
                first += 1
            most_s = max(most_s, held_s)
        return most_s / window_s

    def catch_up(self, delay_s: float) -> None:
        """It was late, and is no more: what it has worked through is said, and soon from now on."""
        self.manners = replace(self.manners, delay_s=delay_s)
        for session in self._sessions:
            session.catch_up(asyncio.get_running_loop().time() + delay_s)

    def end(self, how: End) -> None:
        """All sessions that run end like this, now."""
        for session in self._sessions:
            session.end(how)

    async def go_away(self) -> None:
        """Stop in good order, which clients are told (GOAWAY), and be there again elsewhere."""
        leaving = self._server
        await self._start()
        await leaving.stop(0.001)

    async def _start(self) -> None:
        room = [] if self.is_roomy else [("grpc.http2.bdp_probe", 0)]
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0), *room])
        methods: dict[str, dict[str, Any]] = {}
        for path in (V3, V2):
            _, service, method = path.split("/")
            handler = grpc.stream_stream_rpc_method_handler(self._answerer(path))
            methods[service] = {method: handler}
        for service, handlers in methods.items():
            generic = grpc.method_handlers_generic_handler(service, handlers)
            self._server.add_generic_rpc_handlers((generic,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()

    def _answerer(self, path: str) -> Any:
        async def answer(_requests: Any, context: Any) -> None:
            self.n_sessions += 1
            self.begun_s.append(asyncio.get_running_loop().time())
            if self.refusal is not None and self.refusal.code is not None:
                await context.abort(self.refusal.code, self.refusal.text)
            rng = random.Random(self._rng.random())
            session = Session(self, context, WIRES[path](), rng)
            self._sessions.add(session)
            self.n_now += 1
            self.most_at_once = max(self.most_at_once, self.n_now)
            try:
                ended = await session.run()
            finally:
                self.n_now -= 1
                self._sessions.discard(session)
            if ended.code is not None:
                await context.abort(ended.code, ended.text)

        return answer


class Session:
    """One client, from its settings to the end."""

    def __init__(self, server: Server, context: Any, wire: Wire, rng: random.Random) -> None:
        self._server = server
        self._context = context
        self._wire = wire
        self._rng = rng
        self._outbox: list[tuple[float, int, bytes]] = []
        self._numbers = itertools.count()
        self._last_s = 0.0
        self._is_told = asyncio.Event()
        self._is_over = False
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._n_samples = 0

    def catch_up(self, until_s: float) -> None:
        """What is known by now is said by then."""
        self._outbox = [(min(it[0], until_s), *it[1:]) for it in self._outbox]
        heapq.heapify(self._outbox)
        self._last_s = min(self._last_s, until_s)

    def end(self, how: End) -> None:
        """It ends now."""
        if not self._ended.done():
            self._ended.set_result(how)

    async def run(self) -> End:
        """How it ended."""
        if self._server.stumble is not None:
            await self._context.write(self._wire.alive())
        # One task alone may write: the library takes a second write at a time for a mistake.
        tasks = [asyncio.ensure_future(work()) for work in (self._listen, self._speak, self._live)]
        waiting: list[asyncio.Future[Any]] = [*tasks, self._ended]
        try:
            while not self._ended.done():
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    waiting.remove(task)
                    task.result()
            return self._ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        """Take what the client sends, within the limits."""
        first = await self._read()
        if first is None:
            return
        self._sound = self._wire.sound(first)
        self._server.rate_hz = self._sound.rate_hz
        is_deaf = self._server.is_deaf or self._server.is_dumb
        self._teller = Teller(self._sound, self._server.manners, self._rng)
        while (request := await self._read()) is not None:
            pcm = self._wire.audio(request)
            if pcm is None:
                self._tell(self._teller.slipped(self._teller.end_utterance()))
                continue
            self._n_samples += len(pcm) // 2
            if self._passes_limits(self._sound):
                return
            self._server.n_samples += len(pcm) // 2
            self._server.received.append((asyncio.get_running_loop().time(), len(pcm) // 2))
            if self._server.nonsense is not None:
                self._babble(self._server.nonsense)
            elif not is_deaf:
                self._tell(self._teller.slipped(self._teller.feed(pcm)))
            if self._stumbles():
                return
        if not self._ended.done():
            self._tell(self._teller.slipped(self._teller.finish(), is_end=True))
            self._is_over = True
            self._is_told.set()

    def _stumbles(self) -> bool:
        """Whether it ends as it was told to; in good order, what is known is said before."""
        how, is_dumb = self._server.stumble, self._server.is_dumb
        if how is None or self._n_samples < self._sound.samples(self._server.stumble_s):
            return False
        if is_dumb or how.code is not None:
            self.end(how)
        else:
            self._is_over = True
            self._is_told.set()
        return True

    def _babble(self, nonsense: Iterator[bytes]) -> None:
        """Say what no recogniser says."""
        now_s = asyncio.get_running_loop().time()
        for answer in itertools.islice(nonsense, self._server.n_babble):
            heapq.heappush(self._outbox, (now_s, next(self._numbers), answer))
        self._is_told.set()

    async def _read(self) -> bytes | None:
        """The next message; None at the end."""
        async with self._server.changed:
            await self._server.changed.wait_for(lambda: not self._server.is_full)
        try:
            async with asyncio.timeout(IDLE_S):
                request = await self._context.read()
        except TimeoutError:
            self._server.n_idle += 1
            self.end(End(grpc.StatusCode.DEADLINE_EXCEEDED, WORDS_IDLE))
            return None
        return None if request is grpc.aio.EOF else bytes(request)

    def _passes_limits(self, sound: Format) -> bool:
        """Whether it had too much; then it ends."""
        length_s, size_bytes = sound.seconds(self._n_samples), sound.size_bytes(self._n_samples)
        if length_s <= self._server.session_s and size_bytes <= self._server.session_bytes:
            return False
        self._server.violations.append(f"{length_s:.1f} s, {size_bytes} bytes")
        self.end(End(TOO_LONG, "Exceeded maximum allowed stream duration"))
        return True

    def _tell(self, said: Any) -> None:
        """Put what was said on its way; refinements may be later than what comes after them."""
        now_s = asyncio.get_running_loop().time()
        for one in said:
            delay_s = self._server.manners.delay_s * self._rng.uniform(0.5, 1.0)
            due_s = self._last_s = max(self._last_s, now_s + delay_s)
            if isinstance(one.event, Refinement):
                due_s += delay_s
            self._put(one, due_s)
        self._is_told.set()

    def _put(self, said: Said, due_s: float) -> None:
        answer = self._wire.answer(said)
        if answer is not None:
            heapq.heappush(self._outbox, (due_s, next(self._numbers), answer))

    async def _speak(self) -> None:
        """Say what is due."""
        loop = asyncio.get_running_loop()
        while True:
            async with self._server.changed:
                await self._server.changed.wait_for(lambda: not self._server.is_mute)
            if not self._outbox:
                if self._is_over:
                    self.end(End())
                    return
                self._is_told.clear()
                await self._is_told.wait()
                continue
            due_s, _, answer = self._outbox[0]
            if due_s > loop.time():
                await asyncio.sleep(min(due_s - loop.time(), LOOK_S))
                continue
            heapq.heappop(self._outbox)
            with suppress(asyncio.InvalidStateError):
                await self._context.write(answer)
                self._server.n_said += 1

    async def _live(self) -> None:
        """Signs of life."""
        while True:
            await asyncio.sleep(ALIVE_S)
            due_s = max(self._last_s, asyncio.get_running_loop().time())
            heapq.heappush(self._outbox, (due_s, next(self._numbers), self._wire.alive()))
            self._is_told.set()
