"""Recognisers whose times are a little off, and recognisers that are broken: what they say instead.

A slip is applied to the events of one session, in the order in which it says them; ``None`` is its
end. Times of a recogniser that works are off by a constant, by something else each time, or both.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from skdictate.core.events import EndOfUtterance, Event, Final, Partial, Word

Bend = Callable[["Slips", Final], Final]
HUGE = 2**62


@dataclass(frozen=True)
class Slip:
    """What is wrong with a recogniser."""

    bias_ms: int = 0
    """All times are later by this."""
    jitter_ms: int = 0
    """Each time is off by up to this besides."""
    overlap_ms: int = 0
    """Each final begins so much before its words, and ends so much after them."""
    broken: str = ""
    """One of ``BROKEN``."""

    @property
    def off_ms(self) -> int:
        """The most that a time is off."""
        return abs(self.bias_ms) + self.jitter_ms + self.overlap_ms


NONE = Slip()
"""All is as it should be."""


@dataclass
class Slips:
    """One session's."""

    slip: Slip
    rng: random.Random
    n_finals: int = 0
    sent_ms: int = 0
    _held: list[Event] = field(default_factory=list)

    def __call__(self, event: Event | None, sent_ms: int) -> Iterator[Event]:
        """What is said instead of an event, or at the end; ``sent_ms``: what it has heard."""
        self.sent_ms = sent_ms
        if self.slip.broken == "reversed":
            yield from self._reversed(event)
        elif event is not None:
            yield self._off(event)
            if self.slip.broken == "repeated" and isinstance(event, Final):
                yield self._off(event)

    def _reversed(self, event: Event | None) -> Iterator[Event]:
        if isinstance(event, Final):
            self._held.append(event)
        elif event is not None and not (isinstance(event, EndOfUtterance) and self._held):
            yield event
        if event is None or len(self._held) >= 2:
            held, self._held = self._held, []
            yield from reversed(held)

    def _off(self, event: Event) -> Event:
        if isinstance(event, Final):
            event = self._final(event)
            bend = BROKEN.get(self.slip.broken)
            event = bend(self, event) if bend else event
            self.n_finals += 1
        elif isinstance(event, Partial):
            event = replace(event, words=self._words(event.words))
        elif isinstance(event, EndOfUtterance):
            time_ms = HUGE if self.slip.broken == "ends beyond" else self._time(event.time_ms)
            event = EndOfUtterance(0 if self.slip.broken == "zero" else time_ms)
        return event

    def _final(self, final: Final) -> Final:
        wide = self.slip.overlap_ms
        words = self._words(final.words)
        start_ms, end_ms = self._time(final.start_ms - wide), self._time(final.end_ms + wide)
        settled_ms = max(end_ms, self._time(final.settled_ms)) if final.settled_ms else 0
        return replace(final, start_ms=start_ms, end_ms=end_ms, words=words, settled_ms=settled_ms)

    def _words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        if self.slip.off_ms == 0:
            return words
        return tuple(Word(it.text, self._time(it.start_ms), self._time(it.end_ms)) for it in words)

    def _time(self, time_ms: int) -> int:
        jitter_ms = self.rng.randint(-self.slip.jitter_ms, self.slip.jitter_ms)
        return max(0, time_ms + self.slip.bias_ms + jitter_ms)


def _timed(final: Final, start_ms: int, end_ms: int, settled_ms: int | None = None) -> Final:
    """All its times are these."""
    words = tuple(Word(it.text, start_ms, end_ms) for it in final.words)
    settled_ms = end_ms if settled_ms is None else settled_ms
    return replace(final, start_ms=start_ms, end_ms=end_ms, words=words, settled_ms=settled_ms)


BROKEN: dict[str, Bend | None] = {
    "repeated": None,
    "reversed": None,
    "zero": lambda slips, it: _timed(it, 0, 0),
    "negative": lambda slips, it: _timed(it, -5_000, -1_000),
    "beyond": lambda slips, it: _timed(it, slips.sent_ms + 60_000, slips.sent_ms + 61_000),
    "huge": lambda slips, it: _timed(it, HUGE, HUGE),
    "lowest": lambda slips, it: _timed(it, -HUGE, -HUGE),
    "settles beyond": lambda slips, it: replace(it, settled_ms=HUGE),
    "ends beyond": lambda slips, it: it,
    "ends before it starts": lambda slips, it: _timed(it, it.end_ms, it.start_ms),
    "runs backwards": lambda slips, it: _timed(
        it, slips.sent_ms - it.end_ms, slips.sent_ms - it.start_ms
    ),
    "one number": lambda slips, it: replace(it, index=0),
    "numbers go back": lambda slips, it: replace(it, index=1_000 - slips.n_finals),
    "huge numbers": lambda slips, it: replace(it, index=HUGE + slips.n_finals),
}
"""What a broken recogniser does to its finals."""
