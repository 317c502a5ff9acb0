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
)
from skdictate.core.findings import Classified, Finding, Found, Labelled, Warned
from skdictate.core.link import Link
from skdictate.core.reading import ROUGH_S, is_possible, is_repeated, is_within, n_before, read
from skdictate.core.said import Said, spread
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript

MOST_FINALS = 1_000
"""Of a session, that a refinement may still come for; a session of the service has fewer."""
MOST_WARNINGS = 100
"""Different ones, in a dictation."""


@dataclass(slots=True)
class Hearing:
    """Turns events into lines."""

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
        if is_repeated(link, event):
            return
        owner = span or self.timeline.left.get(link.link_id)
        is_placed = is_possible(link, event)
        link.has_words = link.has_words or bool(event.words)
        link.is_timed = link.is_timed and event.is_timed and is_placed
        link.is_pending = link.has_parted = False
        start = end = link.ack
        if is_placed:
            end = link.at(event.end_ms)
            start = min(max(link.at(event.start_ms), link.last_end), end)
        self._count(link, event)
        is_next = is_placed and (link.is_complete or start <= link.ack + link.slack)
        words = read(link, event, start, end, is_placed=is_placed, is_next=is_next)
        entry = self._line(link, owner, event, words)
        link.last_end = max(link.last_end, end)
        if entry is not None and not is_next:
            entry.start = entry.end = link.ack  # a gap may yet have to be marked from there
        elif entry is not None and not entry.is_trimmed:
            entry.start, entry.end = start, end
        self._number(link, event, entry)
        if is_placed:
            settled = link.at(event.settled_ms) if is_within(link, event.settled_ms) else end
            link.promised = max(link.promised, end, settled)
        if is_next or link.is_complete:
            self.settle(link, span, link.promised)
        if owner is not None:
            owner.partial = ""
        if owner is not None and entry is not None:
            self.timeline.place(owner, entry, now_s)
            self._label(link, event, entry)

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
        if not is_within(link, event.time_ms):
            return
        position = link.at(event.time_ms)
        self.transcript.settle(link.link_id, position)
        if not link.is_pending and link.is_complete:
            link.has_parted = True
            self.settle(link, span, position)

    def refinement(self, link: Link, event: Refinement) -> None:
        """Better words for a line of this link, wherever that line stands now."""
        entry = link.finals.get(event.index)
        if entry is not None and event.text and not entry.is_trimmed:
            self.transcript.refine(entry, event.text)

    def ended(self, link: Link, span: Span | None, now_s: float) -> None:
        """The recogniser heard all it should and closed: what it gave no text for has none."""
        if span is None:
            return
        if link.is_pending:
            doubt = link.format.samples(ROUGH_S)
            words = spread(span.partial, span.start, link.cursor, doubt)
            entry = self._entry(link, span, span.partial, words)
            entry.is_confirmed = False
            self.timeline.place(span, entry, now_s)
        span.partial = ""
        self.settle(link, span, link.cursor)

    def _line(self, link: Link, span: Span | None, event: Final, words: list[Said]) -> Entry | None:
        if span is None or not event.text:
            return None
        return self._entry(link, span, event.text, words)

    def _count(self, link: Link, event: Final) -> None:
        link.n_finals += 1
        link.last_index = max(link.last_index, event.index or 0)

    def _number(self, link: Link, event: Final, entry: Entry | None) -> None:
        """Remember which line a refinement will mean."""
        index = link.n_finals - 1 if event.index is None else event.index
        link.finals[index] = entry
        if len(link.finals) > MOST_FINALS:
            del link.finals[next(iter(link.finals))]

    def _label(self, link: Link, event: Final, entry: Entry) -> None:
        if entry.text and (event.speaker or event.languages):
            labels = Labelled(event.start_ms, event.end_ms, event.speaker, event.languages)
            self._record(link, entry.start, entry.end, labels)

    def _entry(self, link: Link, span: Span, text: str, words: list[Said]) -> Entry:
        """The line for a text; without one, if all its words are the next session's."""
        n_kept = len(words)
        is_late = bool(words) and words[-1].end < link.last_end - link.slack
        if link.is_left and not is_late:
            n_kept = 0
        elif span.end is not None and link.cursor > span.end:
            # Heard beyond the end: from the first word that is there, all are the next session's.
            n_kept = n_before(words, span.end, link.format.samples(ROUGH_S))
            link.is_left = link.is_left or n_kept < len(words)
        is_whole = n_kept == len(words)
        kept, left = words[:n_kept], [word.left() for word in words[n_kept:]]
        start, end = (kept[0].start, kept[-1].end) if kept else (link.ack, link.ack)
        return Entry(
            text if is_whole else " ".join(word.text for word in kept),
            min(start, end),
            end,
            link.link_id,
            words=(*kept, *left),
            is_trimmed=not is_whole,
        )

    def _record(self, link: Link, start: int, end: int, found: Found) -> None:
        def place(session_ms: int) -> int:
            return link.format.ms(link.at(session_ms))

        finding = Finding.of(found, link.link_id, start, end, place)
        self.transcript.changes.append(FindingMade(finding))
