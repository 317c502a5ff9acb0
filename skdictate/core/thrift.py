"""What a session costs while nobody speaks: it is kept as long as that is paid for, then left."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.audio import Format
from skdictate.core.changes import Topic
from skdictate.core.course import Course
from skdictate.core.exchange import Exchange
from skdictate.core.limits import SOFT, Limits
from skdictate.core.link import Link
from skdictate.core.policy import Policy
from skdictate.core.span import Span
from skdictate.core.state import State
from skdictate.core.stillness import Stillness
from skdictate.core.timeline import Timeline
from skdictate.core.watch import SEND_S

LEAVE_S = 1.0
"""A session that is left in silence is left this long before more of it would be billed."""
KEEP_S = 1.0
"""In a pause a session is kept by silence of this length, as often."""


@dataclass
class Thrift:
    """Minds the session of the live span, in silence and in the pauses that the user makes."""

    format: Format
    limits: Limits
    policy: Policy
    exchange: Exchange
    timeline: Timeline
    stillness: Stillness
    course: Course
    is_paused: bool = False

    def mind_silence(self) -> None:
        """Leave the session when nobody speaks and what was paid for it is used up."""
        live = self.timeline.live
        if live is None or live.link is None or self.policy.sends_silence:
            return
        link = live.link
        is_behind = self.course.is_behind(live)
        is_idle = link.state is State.OPEN and not link.is_pending and not is_behind
        is_used_up = self.limits.paid_s(link.audio_s) <= LEAVE_S
        if is_idle and is_used_up and self.stillness.is_still(self.timeline.head):
            self.timeline.rest(live)

    def pause(self) -> None:
        """No sound will come for a while. A session that is paid for is kept for what follows."""
        self.is_paused = True
        self.timeline.wake()
        if not self._keeps(self.timeline.live):
            self._let_go()

    def mind_pause(self, now_s: float) -> None:
        """Keep the session that a pause goes through, and let it go in time."""
        live = self.timeline.live
        link = live.link if live is not None else None
        if live is None or link is None or not self.is_paused or link.state is not State.OPEN:
            return
        self.exchange.hand_out(link, self.timeline.head, now_s, is_last=True)
        if not self.is_kept(link) or now_s < link.last_sent_s + KEEP_S:
            return
        if self._keeps(live):
            self.exchange.keep(link, self.format.samples(KEEP_S), now_s)
        else:
            self._let_go()
            self.course.run(live, link, now_s)

    def is_kept(self, link: Link) -> bool:
        """It goes through a pause, and has nothing more to send."""
        live = self.timeline.live
        is_live = live is not None and live.link is link
        return self.is_paused and is_live and link.cursor == self.timeline.head

    def due_s(self, link: Link) -> float | None:
        """When something about this link is due."""
        patience = self.exchange.patience(link)
        due = [] if patience is None else [patience[0]]
        if link.state is State.OPEN:
            if self.is_kept(link):
                due.append(link.last_sent_s + KEEP_S)
            elif link.waiting_since_s is None:
                due.append(self.exchange.idle_at_s(link))
            elif not self.exchange.watch.is_raised(Topic.SEND):
                due.append(link.waiting_since_s + SEND_S)
            wait_s = self.exchange.wait_for_credit_s(link)
            if wait_s > 0:
                due.append(link.credit_at_s + wait_s)
        return min(due, default=None)

    def _let_go(self) -> None:
        """What comes after the pause goes to another session."""
        if self.timeline.live is not None:
            self.timeline.cut(self.timeline.live, self.timeline.head)

    def _keeps(self, span: Span | None) -> bool:
        """Whether the session goes on through a pause: as long as that costs nothing more."""
        if span is None or span.link is None or not self.limits.unit_s:
            return False
        link = span.link
        share = self.limits.share(link.audio_s, link.size_bytes)
        is_paid = self.limits.paid_s(link.audio_s) > KEEP_S + LEAVE_S
        is_used = link.state is State.OPEN and link.cursor > link.first
        return is_used and is_paid and share < SOFT
