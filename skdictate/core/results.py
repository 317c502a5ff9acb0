"""Applies a session's events: which are text, which span they belong to, and what they settle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from skdictate.core.answer_check import (
    ROUGH_S,
    is_possible,
    is_repeated,
    is_within,
    n_before,
    place_words,
)
from skdictate.core.changes import FindingMade
from skdictate.core.events import (
    EndOfUtterance,
    Final,
    Partial,
    Refinement,
    ServerStatus,
    StatusCode,
)
from skdictate.core.findings import Classified, Finding, Found, Labelled, Warned
from skdictate.core.pending_line import PendingLine
from skdictate.core.placed_words import NOWHERE, PlacedWord, spread
from skdictate.core.session import Session
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript

MOST_FINALS = 1_000
"""Finals of one session that are remembered for refinements; a session of the service has fewer."""
MOST_WARNINGS = 100
"""Different warnings that are reported in one dictation."""


@dataclass(slots=True)
class Results:
    """Turns the events of all sessions into lines, partials and findings."""

    timeline: Timeline
    transcript: Transcript
    warnings: set[str] = field(default_factory=set)
    is_doubtful: bool = False
    """The recogniser told a time that cannot be, or told them out of order: no place that it tells
    decides any more."""

    def partial(self, session: Session, span: Span | None, event: Partial) -> bool:
        """Apply a partial; returns whether it changed the text of the span."""
        session.has_words = session.has_words or bool(event.words)
        session.is_pending = bool(event.text)
        if span is None or not event.text or event.text == span.partial:
            return False
        span.partial = event.text
        return True

    def final(self, session: Session, span: Span | None, event: Final, now_s: float) -> None:
        """Apply a final: place a line with the words that belong to this session's span.

        Args:
            session: the session that sent it.
            span: the span that the session works on; None if that is settled already.
            event: the final, with times in milliseconds of the session.
            now_s: the present time.
        """
        if is_repeated(session, event):
            return
        owner = span or self.timeline.unfinished.get(session.session_number)
        is_placed = is_possible(session, event)
        session.has_words = session.has_words or bool(event.words)
        session.is_timed = session.is_timed and event.is_timed and is_placed
        session.is_pending = session.has_ended_utterance = False
        start = end = session.ack
        if is_placed:
            end = session.sample_at(event.end_ms)
            start = min(max(session.sample_at(event.start_ms), session.last_end), end)
        self._count(session, event)
        is_next = is_placed and (session.is_complete or start <= session.ack + session.slack)
        words = place_words(session, event, start, end, is_placed=is_placed, is_next=is_next)
        is_back = session.sample_at(event.start_ms) < session.last_end - session.slack
        is_told = event.end_ms != 0
        self.is_doubtful = self.is_doubtful or (is_told and (is_back or not is_placed))
        if self.is_doubtful:
            words = [replace(word, doubt=NOWHERE) for word in words]
        entry = self._line(session, owner, event, words)
        session.last_end = max(session.last_end, end)
        if entry is not None and not is_next:
            entry.start = entry.end = session.ack  # a gap may yet have to be marked from there
        elif entry is not None and not entry.is_trimmed:
            entry.start, entry.end = start, end
        self._number(session, event, entry)
        if is_placed:
            settled = (
                session.sample_at(event.settled_ms) if is_within(session, event.settled_ms) else end
            )
            session.promised = max(session.promised, end, settled)
        if is_next or session.is_complete:
            self.settle(session, span, session.promised)
        if owner is not None:
            owner.partial = ""
        if owner is not None and entry is not None:
            self.timeline.place(owner, entry, now_s)
            self._label(session, event, entry)

    def add_finding(self, session: Session, span: Span | None, found: Found) -> None:
        """Record a finding; one about words outside the session's own span is ignored."""
        start = session.sample_at(found.start_ms)
        end = max(start, session.sample_at(found.end_ms))
        is_of_words = isinstance(found, Classified)
        if not is_of_words or span is None or span.owns(start, end):
            self._record(session, start, end, found)

    def add_warning(self, session: Session, status: ServerStatus) -> None:
        """Record a warning; the same words are recorded once in a dictation."""
        is_news = status.code is StatusCode.WARNING and status.message not in self.warnings
        if is_news and status.message and len(self.warnings) < MOST_WARNINGS:
            self.warnings.add(status.message)
            self._record(session, session.first, session.cursor, Warned(status.message))

    def settle(self, session: Session, span: Span | None, position: int) -> None:
        """Mark everything before the position as settled, for the session and its span."""
        session.acknowledge(position)
        if span is not None:
            span.settle(session.ack)

    def end_of_utterance(self, session: Session, span: Span | None, event: EndOfUtterance) -> None:
        """Settle the silence up to the end of an utterance, if no final is missing before it."""
        if not is_within(session, event.time_ms):
            return
        position = session.sample_at(event.time_ms)
        self.transcript.settle(session.session_number, position)
        if not session.is_pending and session.is_complete:
            session.has_ended_utterance = True
            self.settle(session, span, position)

    def refinement(self, session: Session, event: Refinement) -> None:
        """Apply a refinement to the line of an earlier final, committed or still waiting."""
        entry = session.finals.get(event.index)
        if entry is not None and event.text and not entry.is_trimmed:
            self.transcript.refine(entry, event.text)

    def session_ended(self, session: Session, span: Span | None, now_s: float) -> None:
        """Settle all that was sent to a session that finished normally.

        A partial that never got its final becomes an unconfirmed line.
        """
        if span is None:
            return
        if session.is_pending:
            doubt = session.format.samples(ROUGH_S)
            words = spread(span.partial, span.start, session.cursor, doubt)
            entry = self._entry(session, span, span.partial, words)
            entry.is_confirmed = False
            self.timeline.place(span, entry, now_s)
        span.partial = ""
        self.settle(session, span, session.cursor)

    def _line(
        self, session: Session, span: Span | None, event: Final, words: list[PlacedWord]
    ) -> PendingLine | None:
        if span is None or not event.text:
            return None
        return self._entry(session, span, event.text, words)

    def _count(self, session: Session, event: Final) -> None:
        session.n_finals += 1
        session.last_index = max(session.last_index, event.index or 0)

    def _number(self, session: Session, event: Final, entry: PendingLine | None) -> None:
        """Remember which line belongs to the number of a final."""
        index = session.n_finals - 1 if event.index is None else event.index
        session.finals[index] = entry
        if len(session.finals) > MOST_FINALS:
            del session.finals[next(iter(session.finals))]

    def _label(self, session: Session, event: Final, entry: PendingLine) -> None:
        if entry.text and (event.speaker or event.languages):
            labels = Labelled(event.start_ms, event.end_ms, event.speaker, event.languages)
            self._record(session, entry.start, entry.end, labels)

    def _entry(
        self, session: Session, span: Span, text: str, words: list[PlacedWord]
    ) -> PendingLine:
        """The line for a text; empty if all its words belong to the next session."""
        n_kept = len(words)
        # A text that begins well before the end was said before others that came first.
        is_late = bool(words) and words[0].start < (span.end or 0) - session.slack
        if session.is_past_end and not is_late:
            n_kept = 0
        elif span.end is not None and session.cursor > span.end:
            # It was sent audio beyond the span: words from there on belong to the next session.
            n_kept = n_before(words, span.end, session.format.samples(ROUGH_S))
            session.is_past_end = session.is_past_end or n_kept < len(words)
        is_whole = n_kept == len(words)
        kept, left = words[:n_kept], [word.left() for word in words[n_kept:]]
        start, end = (kept[0].start, kept[-1].end) if kept else (session.ack, session.ack)
        return PendingLine(
            text if is_whole else " ".join(word.text for word in kept),
            min(start, end),
            end,
            session.session_number,
            session.first,
            words=(*kept, *left),
            is_trimmed=not is_whole,
        )

    def _record(self, session: Session, start: int, end: int, found: Found) -> None:
        def place(session_ms: int) -> int:
            return session.format.ms(session.sample_at(session_ms))

        finding = Finding.of(found, session.session_number, start, end, place)
        self.transcript.changes.append(FindingMade(finding))
