"""Sends a span's audio to its session, and rolls over to the next session before a limit."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.loudness import Loudness
from skdictate.audio.pcm import Format
from skdictate.core.rollover import OVERLAP_S, Cut, Cutting
from skdictate.core.session import Session
from skdictate.core.session_pool import SessionPool
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline

LIVE_S = 2.0
"""With less audio than this unsent, a session counts as live; with more, as catching up."""
LEFT_S = 10.0
"""At most this much of what a session was sent is left to a later recognition of the rest, so that
the cut is in a pause."""
LIMIT = "it nears a limit of the service, or nothing is to be heard"
BUDGET = "there is no money for more"
MUTE = "it owes words and says none"
IDLE = "no sound comes"
"""Why a session is left for another one; for a log."""


@dataclass
class Feeder:
    """Feeds and finishes open sessions, and cuts their spans; ``SessionPool`` opens them."""

    format: Format
    session_pool: SessionPool
    timeline: Timeline
    loudness: Loudness
    cutting: Cutting

    def run(self, span: Span, session: Session, now_s: float) -> None:
        """Send an open session its audio; cut the span if the session is near a limit."""
        if span.is_settled:  # all that is unsent is overlap with the next span
            self.session_pool.finish(session, now_s)
            return
        self._feed(span, session, now_s)
        if span.listen_until is None or session.cursor < span.listen_until:
            self._roll_over(span, session, now_s)
            self._feed(span, session, now_s)
        self._end(span, session, now_s)

    def feed_hedge(self, span: Span, spare: Session, now_s: float) -> None:
        """Send a hedged session the audio of a span, and never cut the span for it."""
        self._feed(span, spare, now_s)
        self._end(span, spare, now_s)

    def is_behind(self, span: Span) -> bool:
        """Whether the session is catching up: more than ``LIVE_S`` of the span is unsent."""
        return self.timeline.n_unsent(span) > self.format.samples(LIVE_S)

    def _feed(self, span: Span, session: Session, now_s: float) -> None:
        until = self.timeline.head if span.listen_until is None else span.listen_until
        is_behind = until - session.cursor > self.format.samples(LIVE_S)
        full = session.cursor + self.cutting.room(session, is_behind=is_behind)
        is_last = span.listen_until is not None or full < until
        self.session_pool.send_audio(session, min(until, full), now_s, is_last=is_last)

    def _end(self, span: Span, session: Session, now_s: float) -> None:
        if span.listen_until is not None and session.cursor >= span.listen_until:
            self.session_pool.finish(session, now_s)

    def _roll_over(self, span: Span, session: Session, now_s: float) -> None:
        """Cut the span if its session is near a limit, mute, over budget or idle."""
        is_quiet = self.loudness.is_pause(session.cursor)
        is_idle = self.session_pool.is_idle(session, now_s)
        pause = self._pause_at(span, session)
        cut = self.cutting.decide(
            session,
            is_quiet=is_quiet,
            is_parted=pause is not None,
            is_behind=self.is_behind(span),
            is_idle=is_idle,
        )
        why = LIMIT
        if cut is None and self.session_pool.is_at_budget(session):
            cut, why = Cut.AT_HEAD if is_quiet else Cut.UNHEARD, BUDGET
        if cut is None and self.session_pool.quota.is_mute(session, now_s):
            cut, why = Cut.AT_HEAD if is_quiet else Cut.IN_SPEECH, MUTE
        if cut is not None:
            session.why_left = f"{why}; cut {cut.value}"
        if cut is Cut.AT_ACK and pause is not None:
            self.timeline.cut_in_pause(span, pause)
        elif cut is Cut.AT_HEAD:
            self.timeline.cut(span, session.cursor)
        elif cut is Cut.UNHEARD:
            self._cut_before(span, session)
        elif cut is Cut.IN_SPEECH:
            self.overlap(span, session.cursor)
        elif span.end is None and is_idle:
            self._leave_idle(span, session)

    def _pause_at(self, span: Span, session: Session) -> int | None:
        """Where to cut in the pause around the settled position; None if that is not certain."""
        if not session.has_ended_utterance:
            return None
        place = self.loudness.pause_near(span.start)
        return None if place is None or place >= session.cursor else place

    def _cut_before(self, span: Span, session: Session) -> None:
        """Cut in a pause before the head: who recognises the rest later hears nothing before it."""
        earliest = max(span.start, session.cursor - self.format.samples(LEFT_S))
        pause = self.loudness.last_pause(earliest, session.cursor)
        if pause is None:
            self.overlap(span, session.cursor)
        else:
            self.timeline.cut(span, pause, session.cursor)

    def overlap(self, span: Span, until: int) -> Span:
        """End a span so that its session, sent audio up to ``until``, and the next share some.

        Returns:
            The span that follows.
        """
        return self.timeline.overlap(span, until, self.format.samples(OVERLAP_S / 2))

    def _leave_idle(self, span: Span, session: Session) -> None:
        """End a session that gets no sound before the server ends it.

        If that may be inside a word, the next session is sent an overlap, and so the whole word.
        """
        head = self.timeline.head
        session.why_left = IDLE
        if self.loudness.is_pause(head):
            self.timeline.cut(span, head)
        else:
            self.overlap(span, session.cursor).wakes_at = head
