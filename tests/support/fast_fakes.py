"""A speaker and a recogniser that cost next to nothing, for dictations of many hours.

Each sample of the speaker's is the one after the sample before it, so that whoever hears or keeps
them knows whether they are all there. The recogniser has a line for every few seconds of what it is
sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Event, Final, Partial, Refinement
from skdictate.core.limits import Limits
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import Item, Unopened

BLOCK_S = 0.1
PERIOD = 30_011
"""After so many samples they begin anew."""
PARTIAL_S = 0.5
"""A guess in so much time."""
N_WORDS = 10
"""Words of a line."""


def spoken(start: int, end: int) -> bytes:
    """The samples of a speaker, s16le."""
    return (np.arange(start, end) % PERIOD - PERIOD // 2).astype(np.int16).tobytes()


class Talker(Unopened):
    """A live source that talks for so many seconds without a pause."""

    name = "talker"
    is_live = True
    is_microphone = True
    overruns = 0

    def __init__(self, sound: Format, length_s: float) -> None:
        self.format = sound
        self.said = 0
        """Samples given out."""
        self._n_samples = sound.samples(length_s)
        self._is_stopped = False

    def stop(self) -> None:
        self._is_stopped = True

    async def __aiter__(self) -> AsyncIterator[Item]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        while self.said < self._n_samples and not self._is_stopped:
            start = self.said
            end = min(start + self.format.samples(BLOCK_S), self._n_samples)
            await asyncio.sleep(max(0.0, begun_s + self.format.seconds(end) - loop.time()))
            self.said = end
            yield spoken(start, end)


class FluentLink:
    """One session."""

    def __init__(self, sound: Format, line_s: float, number: int, backend: FluentBackend) -> None:
        self.n_leaps = 0
        """Samples that did not follow the sample before them."""
        self._last: int | None = None
        self._backend = backend
        self._format = sound
        self._line_ms = round(1000 * line_s)
        self._number = number
        self._n_samples = 0
        self._told_ms = 0
        self._n_finals = 0
        self._n_partials = 0
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    async def send_audio(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, np.int16).astype(np.int32)
        steps = np.diff(samples, prepend=samples[0] - 1 if self._last is None else self._last)
        self._last = int(samples[-1])
        self.n_leaps += int(np.count_nonzero((steps != 1) & (steps != 1 - PERIOD)))
        self._n_samples += len(pcm) // 2
        heard_ms = self._format.ms(self._n_samples)
        if self._backend.is_silent:
            return
        if heard_ms - self._told_ms >= self._line_ms:
            self._final(self._told_ms + self._line_ms)
        elif heard_ms - self._told_ms >= (self._n_partials + 1) * 1000 * PARTIAL_S:
            self._n_partials += 1
            self._events.put_nowait(Partial(f"{'word ' * self._n_partials}{self._number}"))

    async def send_silence(self, n_samples: int) -> None:
        pass

    async def end_utterance(self) -> None:
        self._final(self._format.ms(self._n_samples))

    async def finish(self) -> None:
        if self._format.ms(self._n_samples) > self._told_ms:
            self._final(self._format.ms(self._n_samples))
        self._events.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event

    def _final(self, end_ms: int) -> None:
        # No two are alike: of what two sessions are sent, the places tell which words are new.
        name = f"s{self._number}l{self._n_finals}"
        text = " ".join(f"{name}w{number}" for number in range(N_WORDS))
        self._events.put_nowait(
            Final(text, self._told_ms, end_ms, settled_ms=end_ms, index=self._n_finals)
        )
        self._events.put_nowait(Refinement(self._n_finals, f"{text.capitalize()}."))
        self._events.put_nowait(EndOfUtterance(end_ms))
        self._n_finals += 1
        self._n_partials = 0
        self._told_ms = end_ms


class FluentBackend:
    """Opens sessions at once."""

    name = "fluent"
    refines = True
    has_words = False

    def __init__(self, line_s: float, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.sessions: deque[FluentLink] = deque(maxlen=100)
        """The newest ones."""
        self.is_silent = False
        """It hears, and says nothing."""
        self.is_away = False
        """Nobody answers."""
        self._line_s = line_s

    @asynccontextmanager
    async def connect(self, sound: Format) -> AsyncIterator[FluentLink]:
        if self.is_away:
            raise ProblemError(Problem(Kind.NETWORK, "Nobody is there"))
        session = FluentLink(sound, self._line_s, len(self.sessions) + 1, self)
        self.sessions.append(session)
        yield session
