"""Judges what a recogniser says: what is text, whose it is, and what it settles."""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.changes import FindingMade
from skdictate.core.entry import Entry
from skdictate.core.events import (
    EndOfUtterance,
    Final,
    Partial,
    Refinement,
    Status,
    StatusCode,
    Word,
)
from skdictate.core.findings import Classified, Finding, Found, Labelled, Warned
from skdictate.core.link import Link
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript

MOST_FINALS = 1_000
"""Of a session, that a refinement may still come for; a session of the service has fewer."""
MOST_WARNINGS = 100
"""Different ones, in a dictation."""


@dataclass(slots=True)
class Hearing:
    """Turns events into lines. Duplicates are told by arithmetic, never by comparing words."""

    timeline: Timeline
    transcript: Transcript
    warnings: set[str] = field(default_factory=set)

    def partial(self, link: Link, span: Span | None, event: Partial) -> bool:
        """A new guess; whether anything was learnt from it."""
        link.has_words = link.has_words or bool(event.words)
        link.is_pending = bool(event.text)
        if span is None or not event.text or event.text == span.partial:
            return False
        span.partial = event.text
        return True

    def final(self, link: Link, span: Span | None, event: Final, now_s: float) -> None:
        """Words for good: a line, if they are this span's to give."""
        link.has_words = link.has_words or bool(event.words)
        link.is_timed = link.is_timed and event.is_timed
        link.is_pending = False
        end = link.at(event.end_ms)
        start = min(max(link.at(event.start_ms), link.last_end), end)
        entry = self._entry(link, span, event, start, end)
        index = link.n_finals if event.index is None else event.index
        link.finals[index] = entry if entry and entry.text == event.text else None
        if len(link.finals) > MOST_FINALS:
            del link.finals[next(iter(link.finals))]
        link.n_finals += 1
        link.last_end = end
        self.settle(link, span, max(end, link.at(event.settled_ms)))
        if span is None:
            return
        span.partial = ""
        if entry is not None:
            self._place(span, entry, now_s)
            if event.speaker or event.languages:
                labels = Labelled(event.start_ms, event.end_ms, event.speaker, event.languages)
                self._record(link, entry.start, entry.end, labels)

    def found(self, link: Link, span: Span | None, found: Found) -> None:
        """Something beside the text; words in the stretch of another link are for that one."""
        start = link.at(found.start_ms)
        end = max(start, link.at(found.end_ms))
        is_of_words = isinstance(found, Classified)
        if not is_of_words or span is None or span.owns(start, end):
            self._record(link, start, end, found)

    def warned(self, link: Link, status: Status) -> None:
        """The recogniser warns; each warning is news once, however many sessions repeat it."""
        is_news = status.code is StatusCode.WARNING and status.message not in self.warnings
        if is_news and status.message and len(self.warnings) < MOST_WARNINGS:
            self.warnings.add(status.message)
            self._record(link, link.first, link.cursor, Warned(status.message))

    def settle(self, link: Link, span: Span | None, position: int) -> None:
        """Everything that this link heard before the position is answered for."""
        link.acknowledge(position)
        if span is not None:
            span.settle(link.ack)

    def end_of_utterance(self, link: Link, span: Span | None, event: EndOfUtterance) -> None:
        """The words before it have their finals; the silence up to it needs none."""
        position = link.at(event.time_ms)
        self.transcript.settle(link.link_id, position)
        if not link.is_pending:
            self.settle(link, span, position)

    def refinement(self, link: Link, event: Refinement) -> None:
        """Better words for a line of this link, wherever that line stands now."""
        entry = link.finals.get(event.index)
        if entry is not None and event.text:
            self.transcript.refine(entry, event.text)

    def ended(self, link: Link, span: Span | None, now_s: float) -> None:
        """The recogniser heard all it should and closed: what it gave no text for has none."""
        if span is None:
            return
        if link.is_pending:
            words = Entry(span.partial, span.start, link.cursor, link.link_id, is_confirmed=False)
            self._place(span, words, now_s)
        span.partial = ""
        self.settle(link, span, link.cursor)

    def _entry(
        self, link: Link, span: Span | None, event: Final, start: int, end: int
    ) -> Entry | None:
        """The line for a final, or None if it has no words of its own."""
        if span is None or not event.text:
            return None
        words = [word for word in event.words if self._is_owned(link, span, word)]
        if len(words) < len(event.words):
            if not words:
                return None
            text = " ".join(word.text for word in words)
            start, end = link.at(words[0].start_ms), link.at(words[-1].end_ms)
        elif not span.owns(start, end):
            return None
        else:
            text = event.text
        return Entry(text, min(start, end), end, link.link_id)

    def _record(self, link: Link, start: int, end: int, found: Found) -> None:
        def place(session_ms: int) -> int:
            return link.format.ms(link.at(session_ms))

        finding = Finding.of(found, link.link_id, start, end, place)
        self.transcript.changes.append(FindingMade(finding))

    def _is_owned(self, link: Link, span: Span, word: Word) -> bool:
        return span.owns(link.at(word.start_ms), link.at(word.end_ms))

    def _place(self, span: Span, entry: Entry, now_s: float) -> None:
        """Commit the line if it is this span's turn, else let it wait."""
        if span is self.timeline.spans[0]:
            self.transcript.commit(entry, now_s)
        else:
            span.held.append(entry)
