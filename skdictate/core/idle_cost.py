"""What a session costs while nobody speaks: it is kept as long as that is paid for, then left."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import Format
from skdictate.audio.voice_activity import VoiceActivity
from skdictate.core.changes import Topic
from skdictate.core.feeder import Feeder
from skdictate.core.limits import SOFT, Limits
from skdictate.core.policy import Policy
from skdictate.core.session import Session
from skdictate.core.session_pool import SessionPool
from skdictate.core.session_state import SessionState
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.core.watchdogs import SEND_S

LEAVE_S = 1.0
"""A session that is left in silence is left this long before more of it would be billed."""
KEEP_S = 1.0
"""In a pause a session is kept by silence of this length, as often."""


@dataclass
class IdleCost:
    """Minds the session of the live span, in silence and in the pauses that the user makes."""

    format: Format
    limits: Limits
    policy: Policy
    session_pool: SessionPool
    timeline: Timeline
    voice_activity: VoiceActivity
    feeder: Feeder
    is_paused: bool = False

    def check_silence(self) -> None:
        """Leave the session when nobody speaks and what was paid for it is used up."""
        live = self.timeline.live
        if live is None or live.session is None or self.policy.sends_silence:
            return
        session = live.session
        is_behind = self.feeder.is_behind(live)
        is_idle = session.state is SessionState.OPEN and not session.is_pending and not is_behind
        is_used_up = self.limits.paid_s(session.audio_s) <= LEAVE_S
        if is_idle and is_used_up and self.voice_activity.is_still(self.timeline.head):
            self.timeline.wait_for_speech(live)

    def pause(self) -> None:
        """No sound will come for a while. A session that is paid for is kept for what follows."""
        self.is_paused = True
        self.timeline.wake()
        if not self._keeps(self.timeline.live):
            self._leave_session()

    def check_pause(self, now_s: float) -> None:
        """Keep the session that a pause goes through, and let it go in time."""
        live = self.timeline.live
        session = live.session if live is not None else None
        if (
            live is None
            or session is None
            or not self.is_paused
            or session.state is not SessionState.OPEN
        ):
            return
        self.session_pool.send_audio(session, self.timeline.head, now_s, is_last=True)
        if not self.is_kept(session) or now_s < session.last_sent_s + KEEP_S:
            return
        if self._keeps(live):
            self.session_pool.send_silence(session, self.format.samples(KEEP_S), now_s)
        else:
            self._leave_session()
            self.feeder.run(live, session, now_s)

    def is_kept(self, session: Session) -> bool:
        """It goes through a pause, and has nothing more to send."""
        live = self.timeline.live
        is_live = live is not None and live.session is session
        return self.is_paused and is_live and session.cursor == self.timeline.head

    def due_s(self, session: Session) -> float | None:
        """When something about this link is due."""
        patience = self.session_pool.deadline(session)
        due = [] if patience is None else [patience[0]]
        if session.state is SessionState.OPEN:
            if self.is_kept(session):
                due.append(session.last_sent_s + KEEP_S)
            elif session.waiting_since_s is None:
                due.append(self.session_pool.idle_at_s(session))
            elif not self.session_pool.watchdogs.is_raised(Topic.SEND):
                due.append(session.waiting_since_s + SEND_S)
            wait_s = self.session_pool.wait_for_credit_s(session)
            if wait_s > 0:
                due.append(session.credit_at_s + wait_s)
        return min(due, default=None)

    def _leave_session(self) -> None:
        """What comes after the pause goes to another session.

        If the sound goes on inside a word then, that session is sent an overlap once it does.
        """
        live, head = self.timeline.live, self.timeline.head
        if live is None:
            return
        if self._may_be_in_word:
            self.feeder.overlap(live, head).wakes_at = head
        else:
            self.timeline.cut(live, head)

    @property
    def _may_be_in_word(self) -> bool:
        """Whether the source waits during a pause, and the head may be inside a word.

        A live source does not wait: what is said during the pause is not captured.
        """
        return not self.policy.is_live and not self.feeder.loudness.is_pause(self.timeline.head)

    def _keeps(self, span: Span | None) -> bool:
        """Whether the session goes on through a pause: as long as that costs nothing more.

        Not inside a word, which the silence that keeps the session would part in two.
        """
        if span is None or span.session is None or not self.limits.unit_s or self._may_be_in_word:
            return False
        session = span.session
        share = self.limits.share(session.audio_s, session.size_bytes)
        is_paid = self.limits.paid_s(session.audio_s) > KEEP_S + LEAVE_S
        is_used = session.state is SessionState.OPEN and session.cursor > session.first
        return is_used and is_paid and share < SOFT
