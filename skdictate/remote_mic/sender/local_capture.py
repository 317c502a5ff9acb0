"""Captures this machine's microphone for one dictation after the other, and never in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Protocol, runtime_checkable

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import SILENCE_DBFS, measure
from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.frames import Type
from skdictate.remote_mic.sender.outgoing_stream import OutgoingStream
from skdictate.sources.base import Item, Named, Source, Trouble

OVERRUN, NOT_CAPTURED = "overrun", "not captured"
"""Reasons of gaps."""
SLEPT_S = 0.25
"""Seconds of sleep that are ignored."""


@runtime_checkable
class Timed(Protocol):
    """A source that knows when its sound was captured."""

    captured_ns: int
    """When the last sample of the newest block was captured, in ns of the steady clock; 0 if
    unknown."""


class LocalCapture:
    """``hear`` captures for one stream; ``stop`` ends that."""

    def __init__(self, make_source: Callable[[], Source], label: str) -> None:
        self.on_change: Callable[[], None] = lambda: None
        """Called when a stream has something new."""
        self.on_words: Callable[[str], None] = lambda words: None
        """Called with messages for the user."""
        self.label = label or "the microphone"
        self.level_dbfs = SILENCE_DBFS
        self.failure: Problem | None = None
        """Why there is no sound, for good."""
        self._make_source = make_source
        self._source: Source | None = None
        self._is_heard = False
        """Whether the user was told that the microphone is on."""
        self._asleep_s = 0.0
        self._zero_since_s: float | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_on(self) -> bool:
        """Whether sound is being captured."""
        return self._source is not None

    @property
    def zero_s(self) -> float:
        """Seconds in which there was nothing but zeros."""
        return 0.0 if self._zero_since_s is None else time.monotonic() - self._zero_since_s

    def stop(self) -> None:
        """Stop capturing; the stream gets what was captured until now."""
        if self._source is not None:
            self._source.stop()

    async def hear(self, take: OutgoingStream, facts: Callable[[], dict[str, Any]]) -> None:
        """Capture for one stream, from start to end; ``facts`` gives the content of a hello."""
        async with self._one_at_a_time:
            self._asleep_s = asleep_s()
            try:
                async with self._make_source() as self._source:
                    if take.is_unwanted:
                        self._source.stop()
                    async with aclosing(aiter(self._source)) as items:  # type: ignore[type-var]
                        async for item in items:
                            self._put(take, item, facts)
            except ProblemError as error:
                take.note(Type.TROUBLE, error.problem.as_json())
                self.failure = error.problem
            finally:
                take.end()
                self._source = None
                if self._is_heard:
                    self.on_words(f"{self.label} is off")
                self._is_heard = False
                self.on_change()

    def _put(self, take: OutgoingStream, item: Item, facts: Callable[[], dict[str, Any]]) -> None:
        match item:
            case bytes():
                self._miss_sleep(take)
                if not self._is_heard:
                    self._is_heard = True
                    # announced earlier, the first words would be lost
                    self.on_words(f"{self.label} is on")
                take.hear(item, self._captured_ns())
                self._measure(item)
            case Missing():
                take.miss(item.n_samples, OVERRUN if item.is_overrun else NOT_CAPTURED)
            case Named() if item.name != self.label:
                self.label = item.name
                take.note(Type.HELLO, facts())
            case Trouble():
                take.note(Type.TROUBLE, item.problem.as_json())
                self.on_words(str(item.problem))
        self.on_change()

    def _miss_sleep(self, take: OutgoingStream) -> None:
        """Add a gap for the time in which this machine slept, when its clocks stood still."""
        was_s, self._asleep_s = self._asleep_s, asleep_s()
        if self._asleep_s - was_s >= SLEPT_S:
            take.miss(take.sound.samples(self._asleep_s - was_s), NOT_CAPTURED)

    def _captured_ns(self) -> int:
        """The time of the newest block."""
        if isinstance(self._source, Timed):
            return self._source.captured_ns
        return time.monotonic_ns()

    def _measure(self, pcm: bytes) -> None:
        level = measure(pcm)
        self.level_dbfs = level.rms_dbfs
        if level.peak_dbfs > SILENCE_DBFS:
            self._zero_since_s = None
        elif self._zero_since_s is None:
            self._zero_since_s = time.monotonic()


def asleep_s() -> float:
    """Seconds that this machine has slept since it was started; 0 if the system does not tell."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    monotonic_s = time.clock_gettime(time.CLOCK_MONOTONIC)
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - monotonic_s)
