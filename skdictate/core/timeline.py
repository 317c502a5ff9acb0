"""The timeline: how many samples were captured, and which spans of them still need text."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest

from skdictate.core.changes import Gap, Reason
from skdictate.core.pending_line import PendingLine
from skdictate.core.placed_words import PlacedWord
from skdictate.core.session import Session
from skdictate.core.span import Span
from skdictate.core.transcript import Transcript

LINGER_S = 5.0
"""How long a settled span waits for its session to end: a late word may still arrive."""
MOST_BEFORE = 8
"""Earlier readings that a span keeps, beside that of the span just before it."""


@dataclass(slots=True)
class Timeline:
    """Spans in order, without overlap, from the first unsettled sample to the head.

    Lines are committed from the first span only, so that they are always in order; a later span
    holds its lines until all spans before it are settled. Positions are samples.
    """

    transcript: Transcript
    head: int = 0
    """Samples captured."""
    spans: list[Span] = field(default_factory=lambda: [Span(0)])
    rate_hz: int = 16_000
    unfinished: dict[int, Span] = field(default_factory=dict)
    """Settled spans whose session did not end within ``LINGER_S``, by the number of the session."""

    @property
    def live(self) -> Span | None:
        """The span that grows with the recording; None once the dictation is stopped."""
        last = self.spans[-1] if self.spans else None
        return last if last is not None and last.end is None else None

    @property
    def settled(self) -> int:
        """Everything before it has its lines and gaps."""
        return self.spans[0].start if self.spans else self.head

    def resume_position(self, preroll: int) -> int:
        """The position from which another program could go on after a crash without losing a word.

        Earlier than ``settled`` where a span still needs to hear sound from before it; later where
        a span waits for speech, since it will skip silence up to ``preroll`` samples before it.
        """
        first = next((span for span in self.spans if span.held or not span.is_settled), None)
        if first is None:
            return self.settled
        if first.held:  # they wait for an earlier span whose session has not ended
            return first.floor
        return max(first.listen_from, self.head - preroll if first.is_resting else 0)

    def span_of(self, session: Session) -> Span | None:
        """The span that a session works on; None if there is none any more."""
        return next((span for span in self.spans if span.session is session), None)

    def n_unsent(self, span: Span) -> int:
        """Samples of a span that were not sent yet, to its session or to the next one."""
        until = self.head if span.listen_until is None else span.listen_until
        return until - (span.session.cursor if span.session else span.listens_from)

    def is_waiting(self, span: Span) -> bool:
        """Whether the span needs no session before more sound is captured."""
        return span.is_resting or (span.end is None and self.head <= span.wakes_at)

    def cut(self, span: Span, at: int, hear_until: int = -1) -> Span:
        """End a span at a position and return the new span that follows it.

        If its session was sent audio up to ``hear_until``, beyond the cut, the words from there on
        are left to the new span.
        """
        at = at if span.end is None else min(at, span.end)
        until = max(at, hear_until)
        if at == span.start:
            return self._split(span, at, span.listen_from, until, span.before)
        return self._split(span, at, at, until, [])

    def overlap(self, span: Span, until: int, margin: int) -> Span:
        """End a span ``margin`` samples before ``until``, where its session is sent its last audio.

        Both sessions are sent the sound up to ``margin`` on either side of the cut.

        Returns:
            The span that follows.
        """
        at = max(span.start, until - margin)
        hear_from = max(span.floor, span.before_words(at - margin))
        before = [span.given]
        if hear_from <= span.start or not any(it.is_kept for it in span.given):
            # Earlier spans gave words for some of what the next session is sent.
            before = [*span.before[-MOST_BEFORE:], span.given]
        return self._split(span, at, hear_from, until, before)

    def cut_in_pause(self, span: Span, at: int) -> Span:
        """End a span in a pause around its settled position; nothing before ``at`` needs text.

        Returns:
            The span that follows.
        """
        follower = self._split(span, at, at, at, [])
        span.start = span.end = at
        return follower

    def _split(
        self, span: Span, at: int, hear_from: int, hear_until: int, before: list[list[PlacedWord]]
    ) -> Span:
        follower = Span(at, span.end, hear_from, span.listen_until, reach=span.reach)
        follower.before = [*before]
        for later in self.spans:
            if any(given is span.given for given in later.before):
                later.before.append(follower.given)
        span.close(at, hear_until)
        self.spans.insert(self.spans.index(span) + 1, follower)
        return follower

    def wait_for_speech(self, span: Span) -> None:
        """End a span at the head, and let the next one get no session before somebody speaks."""
        self.cut(span, self.head).is_resting = True

    def wake(self, preroll: int = 0) -> None:
        """End the wait for speech; the live span begins ``preroll`` samples before the head."""
        live = self.live
        if live is not None and live.is_resting:
            live.is_resting = False
            live.settle(self.head - preroll)

    def stop(self) -> None:
        """End the live span at the head: nothing more will be captured."""
        self.wake()
        if self.live is not None:
            self.live.close(self.head)

    def add_missing(self, n_samples: int, reason: Reason = Reason.NOT_CAPTURED) -> None:
        """Move the head over samples that were not captured; they become a gap."""
        self.wake()
        start, self.head = self.head, self.head + n_samples
        if self.live is None:
            return
        hole = self.cut(self.live, start)
        hole.gap = Gap(start, self.head, reason)
        self.cut(hole, self.head)

    def mark_unreadable(self, start: int, end: int) -> list[Session]:
        """Turn the part of ``[start, end)`` that has no text into a gap: it cannot be read back.

        Returns:
            The sessions that were to be sent it; they have been detached from their spans.
        """
        sessions = []
        for span in self.spans[:]:
            until = self.head if span.listen_until is None else span.listen_until
            if span.gap is not None or start >= until or not span.needs(end):
                continue
            if span.session is not None:
                sessions.append(span.session)
                span.session = None
            if start < span.start:
                span.forget_before(min(end, span.start))
            if span.end is not None and end > span.end:
                span.listen_until = max(span.end, min(until, start))
            last = self.head if span.end is None else span.end
            first, last = max(start, span.start), min(end, last)
            if first < last:
                hole = self.cut(span, first)
                hole.gap = Gap(first, last, Reason.UNREADABLE)
                self.cut(hole, last)
        return sessions

    def give_up(self) -> None:
        """Turn each span that still needs text into a gap that keeps the span's last partial.

        None has a session any more. A gap is recognised later from its first sample on, so it
        begins between two words where they are known, and ends so. What the next span gave words
        for is none.
        """
        last = 0
        for span, later in zip_longest(self.spans, self.spans[1:]):
            span.session = None
            if span.gap is None and span.end is not None and not span.is_settled:
                start = max(last, span.before_left_words())
                end = span.end if later is None else later.take_over(span)
                if start < end:
                    span.gap = Gap(start, end, Reason.UNRECOGNISED, span.partial)
                else:
                    span.settle(span.end)
            last = span.gap.end_sample if span.gap else last

    def settle_lines(self, session_number: int) -> None:
        """Expect no more refinements for the lines of a session, committed or held."""
        self.transcript.settle(session_number)
        self.unfinished.pop(session_number, None)
        for span in self.spans:
            for entry in span.held:
                entry.is_settled = entry.is_settled or entry.session_number == session_number

    def place(self, span: Span, entry: PendingLine, now_s: float) -> None:
        """Commit a line if its span is the first one, else hold it."""
        if span in self.spans[1:]:
            span.held.append(entry)
        else:
            self._commit(span, entry, now_s)

    def flush(self, now_s: float) -> None:
        """Commit the lines and gaps that are next in order, and remove the spans that are done."""
        while self.spans:
            span = self.spans[0]
            held, span.held = span.held, []
            for entry in held:
                self._commit(span, entry, now_s)
            if span.gap is not None:
                self.transcript.add_gap(span.gap)
            elif not span.is_settled or not self._is_over(span, now_s):
                return
            self.spans.pop(0)

    @property
    def due_s(self) -> float | None:
        """When ``flush`` must be called next; None if it does not depend on time."""
        settled_s = self.spans[0].settled_s if self.spans else None
        return None if settled_s is None else settled_s + LINGER_S

    def _is_over(self, span: Span, now_s: float) -> bool:
        """Whether a settled span can go: its session has ended, or has lingered long enough."""
        if span.session is None:
            return True
        if span.settled_s is None:
            span.settled_s = now_s
        if now_s < span.settled_s + LINGER_S:
            return False
        self.unfinished[span.session.session_number] = span
        return True

    def _commit(self, span: Span, entry: PendingLine, now_s: float) -> None:
        """Commit a line without the words that were given before."""
        n_old = span.n_repeated(entry, self.rate_hz)
        span.add_words(entry, n_old)
        if n_old:
            entry.trim(n_old)
        if entry.text:
            self.transcript.commit(entry, now_s)

    def partial_text(self) -> str:
        """The text after the last committed line: held lines and partials, in order."""
        pieces: list[str] = []
        for span in self.spans:
            pieces.extend(entry.text for entry in span.held)
            pieces.append(span.partial)
        return " ".join(piece for piece in pieces if piece)
