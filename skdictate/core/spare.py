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
from skdictate.core.course import Course
from skdictate.core.exchange import Exchange
from skdictate.core.link import ASKED_S, Link
from skdictate.core.span import Span
from skdictate.core.state import State
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
class Spares:
    """Knows how long answers take, and opens, feeds and keeps or drops the spare session."""

    exchange: Exchange
    timeline: Timeline
    course: Course
    is_wanted: bool = True
    usual_s: float | None = None
    """The longest that an answer has taken of late; None before the first."""
    spare: Link | None = None
    _span: Span = field(default_factory=lambda: Span(0))
    """What the spare session listens to ..."""
    _doubted: Link | None = None
    """... beside this one."""
    _backoff: Backoff = field(default_factory=lambda: Backoff(is_light=True))
    _retry_s: float = 0.0
    """No spare is opened before this time."""
    _learnt_s: float = 0.0
    """When that was learnt."""
    _paid_s: float = float("-inf")
    """Until when the sessions that were opened are made up for, one after the other."""

    def heard(self, link: Link, now_s: float, *, is_work: bool) -> None:
        """A link said something; told before its words are listened to."""
        if not is_work:
            return
        took_s = link.answered(now_s)
        spare = self.spare
        is_paid = spare is not None and spare.opened_s is not None and link is self._doubted
        self._learn(took_s, now_s, is_dear=is_paid)
        if spare is not None and link is self._doubted:
            self._drop(spare)
        elif link is spare:
            self._adopt(link)

    def opened(self, link: Link, now_s: float) -> None:
        """A link stands: from now on it costs."""
        if link is self.spare:
            self._paid_s = max(self._paid_s, now_s) + REFILL_S

    def ended(self, link: Link) -> None:
        """A link has heard all, and was closed in good order: that is an answer, too."""
        if link is self.spare:
            self._adopt(link)

    def replace(self) -> None:
        """Where the doubted link is gone, the spare one takes its place."""
        spare = self.spare
        if spare is None or spare.state is State.CLOSED or self._span.link is not None:
            return
        if self._fits(spare):
            self._adopt(spare)
        else:
            self._drop(spare)

    def mind(self, now_s: float) -> None:
        """Look after the spare session, or open one if that is due."""
        self.replace()
        self._look_after(now_s)
        if self.spare is None and self.is_wanted and self._may_open(now_s):
            span = next((it for it in self.timeline.spans if self._is_doubtful(it, now_s)), None)
            if span is not None:
                self._span, self._doubted = span, span.link
                self.spare = self.exchange.open_beside(span, now_s)
        if self.spare is not None and self.spare.state is State.OPEN:
            self.course.run_beside(self._span, self.spare, now_s)

    @property
    def due_s(self) -> float | None:
        """When ``mind`` is due, if nothing happens before."""
        if self.spare is not None:
            opened_s = self.spare.opened_s
            return None if opened_s is None else opened_s + SPARE_S
        if not self.is_wanted or self.exchange.is_blocked or not self.exchange.has_room():
            return None
        doubts = [self._doubt_at_s(span) for span in self.timeline.spans]
        first_s = min((at_s for at_s in doubts if at_s is not None), default=None)
        if first_s is None:
            return None
        return max(first_s, self._retry_s, self._affordable_s, self.exchange.retry_s or 0.0)

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
        return is_time and self.exchange.may_open(now_s)

    def _is_doubtful(self, span: Span, now_s: float) -> bool:
        at_s = self._doubt_at_s(span)
        return at_s is not None and now_s >= at_s

    def _doubt_at_s(self, span: Span) -> float | None:
        """When a second session would be worth its price, if the link of a span says nothing."""
        link = span.link
        if link is None or link.state is State.OPENING or span.is_settled or self.usual_s is None:
            return None
        if link.asked_since_s is not None and link.is_asked:
            is_fresh = not link.has_answered or link.state is State.FINISHING
            silent_s = max(link.asked_since_s, link.last_heard_s)
            return silent_s + max(DOUBT_S, DOUBT * self.usual_s, FRESH_S * is_fresh)
        if link.waiting_since_s is None or not self._has_speech(link.confirmed):
            return None
        return max(link.waiting_since_s, link.last_heard_s) + STUCK_S

    def _has_speech(self, start: int) -> bool:
        """Somebody has spoken since then."""
        speech = self.exchange.trust.loudness.speech(start, self.timeline.head)
        return self.exchange.format.seconds(speech) >= ASKED_S

    def _fits(self, spare: Link) -> bool:
        """What it was sent is what its span still has to hear."""
        span = self._span
        is_there = span in self.timeline.spans and span.gap is None and not span.is_settled
        is_within = span.hear_until is None or spare.cursor <= span.hear_until
        return is_there and is_within and spare.first == span.listens_from

    def _adopt(self, spare: Link) -> None:
        """It is the span's session from now on, and the other is no more."""
        if self._doubted is not None and self._doubted is self._span.link:
            self.exchange.drop(self._doubted, SILENT)
            self.timeline.settle_lines(self._doubted.link_id)
        self.spare = self._doubted = None
        self._span.link = spare
        self.exchange.retry_s = None

    def _look_after(self, now_s: float) -> None:
        spare = self.spare
        if spare is None:
            return
        if spare.state is State.CLOSED:
            self.spare = self._doubted = None
            self._retry_s = now_s + self._backoff.failed(is_free=spare.opened_s is None)
        elif self._span.link is not self._doubted or not self._fits(spare):
            self._drop(spare)
        elif spare.opened_s is not None and now_s >= spare.opened_s + SPARE_S:
            self._drop(spare)
            self._retry_s = now_s + REFILL_S
        elif spare.state is State.OPEN and self.exchange.is_idle(spare, now_s):
            self._drop(spare)

    def _drop(self, spare: Link) -> None:
        """It is not needed."""
        self.exchange.drop(spare)
        self.spare = self._doubted = None
        self._backoff.worked()
