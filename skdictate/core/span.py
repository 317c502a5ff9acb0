"""A stretch of the timeline that still waits for its text, and the link that works on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.changes import Gap
from skdictate.core.entry import Entry
from skdictate.core.link import Link


@dataclass(slots=True, eq=False)
class Span:
    """Owns ``[start, end)``: text of this stretch comes from here and from nowhere else.

    A link may hear a little more on either side, so that a word at the seam is whole for one of the
    two; whose word it is, is told by its middle.
    """

    start: int
    """Everything before it is settled."""
    end: int | None = None
    """None while it is live: it then grows with the recording."""
    hear_from: int = field(default=-1)
    """Where a new link begins to listen; not after ``start``."""
    hear_until: int | None = None
    """Where listening ends; not before ``end``."""
    link: Link | None = None
    held: list[Entry] = field(default_factory=list)
    """Lines that wait for an earlier span to be settled."""
    partial: str = ""
    is_resting: bool = False
    """Nobody speaks: it gets no link before somebody does."""
    wakes_at: int = -1
    """It gets no link before more than this was captured, or the dictation ends."""
    gap: Gap | None = None
    """Set where the span is no speech at all, but a hole in the recording."""

    def __post_init__(self) -> None:
        if self.hear_from < 0:
            self.hear_from = self.start

    @property
    def is_settled(self) -> bool:
        """Nothing of it waits any more."""
        return self.end is not None and self.start >= self.end

    def settle(self, position: int) -> None:
        """Everything before the position is answered for."""
        if self.end is not None:
            position = min(position, self.end)
        if position > self.start:
            self.start = self.hear_from = position

    def close(self, end: int, hear_until: int | None = None) -> None:
        """It ends here: what follows belongs to another span."""
        self.end = max(end, self.start)
        self.hear_until = max(self.end, end if hear_until is None else hear_until)

    def owns(self, start: int, end: int) -> bool:
        """Whether a text heard in that range is this span's: told by its middle.

        Where no link hears beyond the end of this span, nobody else will give what was heard there:
        it is this span's, wherever the recogniser says that it was.
        """
        middle = (start + end) // 2
        is_before = self.end is None or self.hear_until == self.end or middle < self.end
        return is_before and middle >= self._first

    @property
    def _first(self) -> int:
        # Only an overlapping handover hears more than it owns; else all that comes is owned.
        return self.start if self.hear_from < self.start else 0
