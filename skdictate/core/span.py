"""A span: a range of the timeline that still needs text, and the session that works on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

from skdictate.core.changes import Gap
from skdictate.core.pending_line import PendingLine
from skdictate.core.placed_words import PlacedWord
from skdictate.core.seam import Seam
from skdictate.core.session import Session

MOST_GIVEN = 400
"""The most recent words of a span that are kept to recognise repeats."""


@dataclass(slots=True, eq=False)
class Span:
    """Owns samples ``[start, end)``: no other span gives text for them.

    Its session may be sent more on either side, so that each word at a cut is whole for at least
    one of two sessions. Words beyond ``end`` are left to the next session; which words of that one
    are new is found by comparing them with the words ``given`` before.
    """

    start: int
    """Everything before this is settled."""
    end: int | None = None
    """None while it is live: it then grows with the recording."""
    listen_from: int = field(default=-1)
    """Where a new session starts; not after ``start``."""
    listen_until: int | None = None
    """Where the audio for its session ends; not before ``end``. None while the span is live."""
    session: Session | None = None
    floor: int = field(init=False)
    """No session of this span is sent audio before this position."""
    held: list[PendingLine] = field(default_factory=list)
    """Lines that wait for an earlier span to be settled."""
    partial: str = ""
    is_resting: bool = False
    """It gets no session before somebody speaks."""
    wakes_at: int = -1
    """It gets no session before more samples than this are captured, or the dictation ends."""
    gap: Gap | None = None
    """Set where the span is not to be recognised, but is a gap."""
    reach: int = 0
    """Samples of settled audio that a session is sent again when it replaces another one."""
    before: list[list[PlacedWord]] = field(default_factory=list)
    """Words that earlier spans gave for the same sound: their own lists, which may still grow."""
    given: list[PlacedWord] = field(default_factory=list)
    """Words that sessions of this span gave, the latest last."""
    given_by: int = -1
    """The session that gave the latest of them."""
    seam: Seam | None = None
    settled_s: float | None = None
    """Since when the span is settled, and only waits for its session to end."""

    def __post_init__(self) -> None:
        if self.listen_from < 0:
            self.listen_from = self.start
        self.floor = self.listen_from

    @property
    def is_settled(self) -> bool:
        """Whether none of it needs text any more."""
        return self.end is not None and self.start >= self.end

    @property
    def listens_from(self) -> int:
        """Where a new session starts: ``reach`` or more before, if words were given already."""
        if not self.given and not self.held:
            return self.listen_from
        doubt = max((min(it.doubt, 2 * self.reach) for it in self.given[-1:]), default=0)
        return max(
            self.floor, self.before_words(min(self.listen_from, self.start - self.reach - doubt))
        )

    def needs(self, end: int) -> bool:
        """Whether its session was to be sent audio before ``end`` that it has not got yet.

        A session that replaced another one is sent audio from before ``listen_from`` again.
        """
        if end > self.listen_from or self.session is None:
            return end > self.listen_from
        return end > max(self.session.first, self.session.confirmed, self.session.ack)

    def before_words(self, position: int) -> int:
        """The position, or an earlier one from which the last given word is heard whole.

        A recogniser that is sent only the end of a word may return it as a word of its own.
        """
        margin = 2 * self.reach // 5
        last = next((it for it in reversed(self.given) if it.is_kept), None)
        if last is None or last.end + margin <= position:
            return position
        return min(position, last.start - margin - min(last.doubt, margin))

    def take_over(self, span: Span) -> int:
        """Where a gap ends that takes the place of the span before: where words of this one begin.

        The first word is left to the gap if it may be the end of one inside which the audio began.
        """
        words = [word for entry in self.held for word in entry.kept]
        if not words or words[0].start >= self.start:
            return self.start
        if self.floor <= span.start:
            return span.start
        if words[0].start > self.floor + self.reach // 5:
            return words[0].start
        end = words[0].end
        end = (end + max(end, words[1].start if words[1:] else end)) // 2
        self.held[0].trim(1)
        self.held[0].start = max(self.held[0].start, end)
        return end

    def before_left_words(self) -> int:
        """The start, or an earlier position before the words that the span before left to this.

        It is in the middle between them and the last word that was kept.
        """
        words = self.before[-1] if self.before and not self.given else []
        left = next((it for it in words if not it.is_kept), None)
        if left is None or left.start >= self.start:
            return self.start
        kept_end = max((it.end for it in words if it.is_kept), default=left.start)
        return (min(kept_end, left.start) + left.start) // 2

    def n_repeated(self, entry: PendingLine, rate_hz: int) -> int:
        """How many words at the beginning of a line were given before."""
        if self.seam is None or self.seam.session_number != entry.session_number:
            self.seam = Seam(entry.session_number, self._given_before(), rate_hz, entry.first)
        return self.seam.n_repeated(entry.kept)

    def _given_before(self) -> list[PlacedWord]:
        """Words given for the sound that a new session is sent; words left to it come last."""
        readings = [given for given in (*self.before, self.given) if given]
        kept = (it for given in readings[:-1] for it in given if it.is_kept)
        return [*kept, *chain(*readings[-1:])]

    def add_words(self, entry: PendingLine, n_old: int) -> None:
        """Remember the words of a line, without the first ``n_old``, which were given before.

        Words that were left to the next session come last, in all lines of the same session.
        """
        is_same = self.given_by == entry.session_number
        self.given_by = entry.session_number
        words = [*(it for it in self.given if it.is_kept or is_same), *entry.words[n_old:]]
        self.given[:] = sorted(words, key=lambda it: not it.is_kept)[-MOST_GIVEN:]

    def settle(self, position: int) -> None:
        """Mark everything before the position as settled."""
        if self.end is not None:
            position = min(position, self.end)
        if position > self.start:
            self.start = self.listen_from = position

    def close(self, end: int, hear_until: int | None = None) -> None:
        """End the span at ``end``; its session is sent audio up to ``hear_until``, or ``end``."""
        self.end = max(end, self.start)
        self.listen_until = max(self.end, end if hear_until is None else hear_until)

    def forget_before(self, until: int) -> None:
        """Send no audio before ``until`` to sessions of this span."""
        self.floor = max(self.floor, until)
        self.listen_from = max(self.listen_from, until)

    def owns(self, start: int, end: int) -> bool:
        """Whether a text in samples ``[start, end)`` belongs to this span, by its middle.

        Where no session is sent audio beyond the end of this span, all its text belongs here,
        whatever times the recogniser gives: no other session will return it.
        """
        middle = (start + end) // 2
        is_before = self.end is None or self.listen_until == self.end or middle < self.end
        return is_before and middle >= self._first

    @property
    def _first(self) -> int:
        # Without an overlap before the span, all text from its beginning belongs to it.
        return self.start if self.listen_from < self.start else 0
