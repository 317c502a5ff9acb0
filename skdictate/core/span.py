"""A stretch of the timeline that still waits for its text, and the link that works on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

from skdictate.core.changes import Gap
from skdictate.core.pending_line import PendingLine
from skdictate.core.placed_words import PlacedWord
from skdictate.core.seam import Seam
from skdictate.core.session import Session

MOST_GIVEN = 400
"""Words that are remembered of a span."""


@dataclass(slots=True, eq=False)
class Span:
    """Owns ``[start, end)``: text of this stretch comes from here and from nowhere else.

    A link may hear more on either side, so that a word at the seam is whole for one of the two at
    least. The earlier one leaves to the later one what it hears beyond the end; which words of the
    later one are new is told by holding them against what was ``given`` before.
    """

    start: int
    """Everything before it is settled."""
    end: int | None = None
    """None while it is live: it then grows with the recording."""
    listen_from: int = field(default=-1)
    """Where a new link begins to listen; not after ``start``."""
    listen_until: int | None = None
    """Where listening ends; not before ``end``."""
    session: Session | None = None
    floor: int = field(init=False)
    """Nothing before this can be heard by a link of this span."""
    held: list[PendingLine] = field(default_factory=list)
    """Lines that wait for an earlier span to be settled."""
    partial: str = ""
    is_resting: bool = False
    """Nobody speaks: it gets no link before somebody does."""
    wakes_at: int = -1
    """It gets no link before more than this was captured, or the dictation ends."""
    gap: Gap | None = None
    """Set where the span is no speech at all, but a hole in the recording."""
    reach: int = 0
    """So much of what has its words is heard again by a link that goes on after another."""
    before: list[list[PlacedWord]] = field(default_factory=list)
    """What the spans before gave of the same sound; their own lists, since they may give more."""
    given: list[PlacedWord] = field(default_factory=list)
    """What links of this span gave, the latest at the end."""
    seam: Seam | None = None
    settled_s: float | None = None
    """Since when nothing of it waits, but for its link to end."""

    def __post_init__(self) -> None:
        if self.listen_from < 0:
            self.listen_from = self.start
        self.floor = self.listen_from

    @property
    def is_settled(self) -> bool:
        """Nothing of it waits any more."""
        return self.end is not None and self.start >= self.end

    @property
    def listens_from(self) -> int:
        """Where a new link begins to listen: some way back, if others have given words before."""
        if not self.given and not self.held:
            return self.listen_from
        doubt = max((min(it.doubt, 2 * self.reach) for it in self.given[-1:]), default=0)
        return max(
            self.floor, self.before_words(min(self.listen_from, self.start - self.reach - doubt))
        )

    def before_words(self, position: int) -> int:
        """This position, or one from where the last word that was given is heard whole.

        The end of a word, and then a pause, would be taken for a word of its own.
        """
        margin = 2 * self.reach // 5
        last = next((it for it in reversed(self.given) if it.is_kept), None)
        if last is None or last.end + margin <= position:
            return position
        return min(position, last.start - margin - min(last.doubt, margin))

    def n_repeated(self, entry: PendingLine, rate_hz: int) -> int:
        """How many words of a line, at its beginning, were given before."""
        if self.seam is None or self.seam.session_number != entry.session_number:
            self.seam = Seam(entry.session_number, self._given_before(), rate_hz)
        return self.seam.n_repeated(entry.kept)

    def _given_before(self) -> list[PlacedWord]:
        """What was given of the sound that a new link hears; what the last one left comes last."""
        readings = [given for given in (*self.before, self.given) if given]
        kept = (it for given in readings[:-1] for it in given if it.is_kept)
        return [*kept, *chain(*readings[-1:])]

    def add_words(self, entry: PendingLine, n_old: int) -> None:
        """These words are given, those at the beginning for the second time."""
        kept = [it for it in self.given if it.is_kept]
        self.given[:] = [*kept, *entry.words[n_old:]][-MOST_GIVEN:]

    def settle(self, position: int) -> None:
        """Everything before the position is answered for."""
        if self.end is not None:
            position = min(position, self.end)
        if position > self.start:
            self.start = self.listen_from = position

    def close(self, end: int, hear_until: int | None = None) -> None:
        """It ends here: what follows belongs to another span."""
        self.end = max(end, self.start)
        self.listen_until = max(self.end, end if hear_until is None else hear_until)

    def forget_before(self, until: int) -> None:
        """Nothing before that can be heard any more."""
        self.floor = max(self.floor, until)
        self.listen_from = max(self.listen_from, until)

    def owns(self, start: int, end: int) -> bool:
        """Whether a text heard in that range is this span's: told by its middle.

        Where no link hears beyond the end of this span, nobody else will give what was heard there:
        it is this span's, wherever the recogniser says that it was.
        """
        middle = (start + end) // 2
        is_before = self.end is None or self.listen_until == self.end or middle < self.end
        return is_before and middle >= self._first

    @property
    def _first(self) -> int:
        # Only an overlapping handover hears more than it owns; else all that comes is owned.
        return self.start if self.listen_from < self.start else 0
