"""A second session beside one that has fallen silent: whichever answers first is kept.

A connection may be dead and tell nobody, for as long as a minute. What tells of it is that speech
gets no answer where answers used to come sooner. Long before anything is given up, another session
over another connection is then sent all that is not answered for, and the text is from one of the
two only: from the old one, if it speaks again, else from the spare one from its first word on.

A spare costs as much as any session: on the service 15 s from its first moment, and as long as both
run each second twice. So there is one at a time, for ``SPARE_S`` at most; three may follow each
other, and one more in each minute: were every one in vain, a dictation would cost a quarter more.
None comes to that, for an answer that comes after all teaches how long to wait. To look for a
connection costs nothing: no session is opened before one stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.backoff import Backoff
from skdictate.core.feeder import Feeder
from skdictate.core.session import OWES_AFTER_S, Session
from skdictate.core.session_pool import SessionPool
from skdictate.core.session_state import SessionState
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.errors import Kind, Problem

DOUBT_S = 0.8
"""No session is doubted sooner; the service offers a guess some times in a second ..."""
DOUBT = 1.5
"""... and none before it owes an answer for so many times as long as any did of late ..."""
FRESH_S = 2.5
"""... and one that has not said anything yet, or is finishing, is given this long at least."""
STUCK_S = 1.0
"""A connection that takes nothing for so long, while somebody speaks, is doubted as well."""
HALF_S = 180.0
"""Half of what was learnt of slow answers is forgotten in this time."""
LESSON, LESSON_S = 2.0, 1.0
"""One answer cannot teach more than to wait for so many times as long, or for this long: it may
have been a fault that kept it back. But it may teach ..."""
DEAR_S = 3.0
"""... so much, if a spare session waited in vain beside it ..."""
FIRST_S = 4.0
"""... and so much, if it is the first of all."""
SPARE_S = 10.0
"""A spare session that has not answered by then is given up."""
SPARES = 3
"""So many may be opened at once after each other ..."""
REFILL_S = 60.0
"""... and one more after this."""

SILENT = Problem(
    Kind.NETWORK,
    "The recogniser fell silent",
    "Another session answered first",
    "Nothing is lost; recording goes on.",
)


@dataclass
class HedgedSessions:
    """Knows how long answers take, and opens, feeds and keeps or drops the spare session."""

    session_pool: SessionPool
    timeline: Timeline
    feeder: Feeder
    is_wanted: bool = True
    usual_s: float | None = None
    """The longest that an answer has taken of late; None before the first."""
    spare: Session | None = None
    _span: Span = field(default_factory=lambda: Span(0))
    """What the spare session listens to ..."""
    _doubted: Session | None = None
    """... beside this one."""
    _backoff: Backoff = field(default_factory=lambda: Backoff(is_light=True))
    _readable_from: int = 0
    """No spare is opened that would be sent audio before this: it cannot be read."""
    _retry_s: float = 0.0
    """No spare is opened before this time."""
    _learnt_s: float = 0.0
    """When that was learnt."""
    _paid_s: float = float("-inf")
    """Until when the sessions that were opened are made up for, one after the other."""

    def session_answered(self, session: Session, now_s: float, *, is_work: bool) -> None:
        """A link said something; told before its words are listened to."""
        if not is_work:
            return
        took_s = session.note_answer(now_s)
        spare = self.spare
        is_paid = spare is not None and spare.opened_s is not None and session is self._doubted
        self._learn(took_s, now_s, is_dear=is_paid)
        if spare is not None and session is self._doubted:
            self._drop(spare)
        elif session is spare:
            self._adopt(session)

    def session_opened(self, session: Session, now_s: float) -> None:
        """A link stands: from now on it costs."""
        if session is self.spare:
            self._paid_s = max(self._paid_s, now_s) + REFILL_S

    def session_ended(self, session: Session) -> None:
        """A link has heard all, and was closed in good order: that is an answer, too."""
        if session is self.spare:
            self._adopt(session)

    def replace(self) -> None:
        """Where the doubted link is gone, the spare one takes its place."""
        spare = self.spare
        if spare is None or spare.state is SessionState.CLOSED or self._span.session is not None:
            return
        if self._fits(spare):
            self._adopt(spare)
        else:
            self._drop(spare)

    def mark_unreadable(self, end: int) -> None:
        """Drop the spare session if it was to be sent audio that cannot be read, before ``end``."""
        self._readable_from = max(self._readable_from, end)
        if self.spare is not None and self.spare.confirmed < end:
            self._drop(self.spare)

    def update(self, now_s: float) -> None:
        """Look after the spare session, or open one if that is due."""
        self.replace()
        self._drop_if_useless(now_s)
        if self.spare is None and self.is_wanted and self._may_open(now_s):
            span = next((it for it in self.timeline.spans if self._is_doubtful(it, now_s)), None)
            if span is not None:
                self._span, self._doubted = span, span.session
                self.spare = self.session_pool.open_beside(span, now_s)
        if self.spare is not None and self.spare.state is SessionState.OPEN:
            self.feeder.feed_hedge(self._span, self.spare, now_s)

    @property
    def due_s(self) -> float | None:
        """When ``update`` is due, if nothing happens before."""
        if self.spare is not None:
            opened_s = self.spare.opened_s
            return None if opened_s is None else opened_s + SPARE_S
        if not self.is_wanted or self.session_pool.is_blocked or not self.session_pool.has_room():
            return None
        doubts = [self._doubt_at_s(span) for span in self.timeline.spans]
        first_s = min((at_s for at_s in doubts if at_s is not None), default=None)
        if first_s is None:
            return None
        return max(first_s, self._retry_s, self._affordable_s, self.session_pool.retry_s or 0.0)

    @property
    def _affordable_s(self) -> float:
        return self._paid_s - (SPARES - 1) * REFILL_S

    def _learn(self, took_s: float, now_s: float, *, is_dear: bool) -> None:
        """An answer came after so long; ``is_dear``: a spare session was paid for meanwhile."""
        if self.usual_s is None:
            self.usual_s, self._learnt_s = min(took_s, FIRST_S), now_s
        faded_s = self.usual_s * 0.5 ** ((now_s - self._learnt_s) / HALF_S)
        most_s = max(DEAR_S if is_dear else LESSON_S, LESSON * faded_s)
        self.usual_s = max(faded_s, min(took_s, most_s))
        self._learnt_s = now_s

    def _may_open(self, now_s: float) -> bool:
        is_time = now_s >= max(self._retry_s, self._affordable_s)
        return is_time and self.session_pool.may_open(now_s)

    def _is_doubtful(self, span: Span, now_s: float) -> bool:
        at_s = self._doubt_at_s(span)
        return at_s is not None and now_s >= at_s

    def _doubt_at_s(self, span: Span) -> float | None:
        """When a second session would be worth its price, if the link of a span says nothing."""
        session = span.session
        if (
            session is None
            or session.state is SessionState.OPENING
            or span.is_settled
            or span.listens_from < self._readable_from
            or self.usual_s is None
        ):
            return None
        if session.unanswered_since_s is not None and session.owes_answer:
            is_fresh = not session.has_answered or session.state is SessionState.FINISHING
            silent_s = max(session.unanswered_since_s, session.last_event_s)
            return silent_s + max(DOUBT_S, DOUBT * self.usual_s, FRESH_S * is_fresh)
        if session.waiting_since_s is None or not self._has_speech(session.confirmed):
            return None
        return max(session.waiting_since_s, session.last_event_s) + STUCK_S

    def _has_speech(self, start: int) -> bool:
        """Somebody has spoken since then."""
        speech = self.session_pool.quota.loudness.speech_samples(start, self.timeline.head)
        return self.session_pool.format.seconds(speech) >= OWES_AFTER_S

    def _fits(self, spare: Session) -> bool:
        """What it was sent is what its span still has to hear."""
        span = self._span
        is_there = span in self.timeline.spans and span.gap is None and not span.is_settled
        is_within = span.listen_until is None or spare.cursor <= span.listen_until
        return is_there and is_within and spare.first == span.listens_from

    def _adopt(self, spare: Session) -> None:
        """It is the span's session from now on, and the other is no more."""
        if self._doubted is not None and self._doubted is self._span.session:
            self.session_pool.drop(self._doubted, SILENT)
            self.timeline.settle_lines(self._doubted.session_number)
        self.spare = self._doubted = None
        self._span.session = spare
        self.session_pool.retry_s = None

    def _drop_if_useless(self, now_s: float) -> None:
        spare = self.spare
        if spare is None:
            return
        if spare.state is SessionState.CLOSED:
            self.spare = self._doubted = None
            self._retry_s = now_s + self._backoff.next_wait_s(is_free=spare.opened_s is None)
        elif self._span.session is not self._doubted or not self._fits(spare):
            self._drop(spare)
        elif spare.opened_s is not None and now_s >= spare.opened_s + SPARE_S:
            self._drop(spare)
            self._retry_s = now_s + REFILL_S
        elif spare.state is SessionState.OPEN and self.session_pool.is_idle(spare, now_s):
            self._drop(spare)

    def _drop(self, spare: Session) -> None:
        """It is not needed."""
        self.session_pool.drop(spare)
        self.spare = self._doubted = None
        self._backoff.reset()
