"""The works of the dictation machine: what is done at each moment, in order.

Give each span its link and each link its audio; move on from a session that is used up; replace
whom we waited for too long; commit what has become first in line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.audio import Format, Level
from skdictate.core.backoff import Backoff
from skdictate.core.changes import (
    Change,
    Finished,
    GapMarked,
    LineCommitted,
    Settled,
    Topic,
)
from skdictate.core.ears import Ears
from skdictate.core.effects import Done, Effect, StopSource
from skdictate.core.exchange import DRAIN_S, LATE_S, Exchange
from skdictate.core.hearing import Hearing
from skdictate.core.limits import REPLAY_S, SOFT, Limits
from skdictate.core.link import Link
from skdictate.core.loudness import Loudness
from skdictate.core.policy import Policy
from skdictate.core.rollover import OVERLAP_S, Cut, Cutting
from skdictate.core.span import Span
from skdictate.core.state import State
from skdictate.core.stillness import PREROLL_S, Stillness
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.core.trust import Trust
from skdictate.core.watch import SEND_S, SLOW, Watch
from skdictate.errors import Problem

LEAVE_S = 1.0
"""A session that is left in silence is left this long before more of it would be billed."""
KEEP_S = 1.0
"""In a pause a session is kept by silence of this length, as often."""
SETTLE_S = 5.0
"""In silence it is told how far the text is whole after so much of it, else with each line."""
LIVE_S = 2.0
"""With less than this unsent, sending keeps up with the speaker."""


@dataclass
class Works:
    """All parts of the machine, and the one routine that runs after every input."""

    format: Format
    limits: Limits
    policy: Policy
    backoff: Backoff
    effects: list[Effect] = field(default_factory=list)
    is_paused: bool = False
    is_stopping: bool = False
    is_done: bool = False
    life_s: float = 0.0
    """When the recogniser last said something, or the end began."""
    silence_from: int = 0
    """Silence before this position is nobody's silence: the source did not run, or was lost."""
    has_words: bool = False
    """Something was said and understood."""
    is_told_to_stop: bool = False
    begin: int = 0
    """The first sample, where only a part of a recording is gone through."""
    told_settled: int = field(init=False)
    """How far the text is whole, as it was told last."""

    def __post_init__(self) -> None:
        self.transcript = Transcript(refines=self.policy.refines)
        self.changes: list[Change] = self.transcript.changes
        self.watch = Watch(self.changes)
        self.loudness = Loudness(self.format)
        self.exchange = Exchange(
            self.format,
            self.limits,
            self.backoff,
            self.watch,
            self.effects,
            self.changes,
            self.policy.chunk_ms,
            Trust(self.loudness, self.backoff, self.policy.answers_late),
            self.policy.has_words,
            LATE_S if self.policy.answers_late else DRAIN_S,
        )
        self.timeline = Timeline(self.transcript, self.begin, [Span(self.begin)])
        self.told_settled = self.silence_from = self.begin
        self.hearing = Hearing(self.timeline, self.transcript)
        self.stillness = Stillness(self.format)
        self.ears = Ears(self.watch)
        self._cutting = Cutting(self.limits)

    def advance(self, now_s: float) -> None:
        """Do all that can be done at this moment."""
        if self.is_done:
            return
        for span in self.timeline.spans:
            self._serve(span, now_s)
        self._supervise(now_s)
        self._mind_silence()
        self._mind_money()
        self._mind_pause(now_s)
        self.timeline.flush(now_s)
        self._tell_settled()
        self._forget()
        self.transcript.waited(now_s)
        self.transcript.guess(self.timeline.guess(), now_s)
        if self.is_stopping and not self.timeline.spans and not self.exchange.links:
            self.is_done = True
            self.effects.append(Done())
            self.changes.append(Finished())

    def heard(self, level: Level, n_samples: int) -> None:
        """A block with this level lies ahead of the head."""
        self.loudness.heard(level, self.timeline.head, n_samples)
        self.stillness.heard(level, self.timeline.head, n_samples)
        if self.stillness.still_from is None:
            self.timeline.wake(self.format.samples(PREROLL_S))
        if self.policy.hears_microphone:
            self.ears.heard(level, self.format.seconds(n_samples))

    def release(self, link: Link, problem: Problem | None, now_s: float, *, is_ended: bool) -> None:
        """A link is gone: its span needs another, if anything of it still waits."""
        self._settle_lines(link)
        span = self.timeline.span_of(link)
        if span is None:
            return
        span.link = None
        if not is_ended:
            self.exchange.broke(link, problem, now_s)

    def tear(self, start: int, end: int) -> None:
        """A stretch cannot be heard any more; around it others listen."""
        for link in self.timeline.tear(start, end):
            self.exchange.drop(link)
            self._settle_lines(link)

    def give_up(self) -> None:
        """Wait for nothing: what is unanswered becomes a gap."""
        for link in list(self.exchange.links.values()):
            self.exchange.drop(link)
            self._settle_lines(link)
        self.timeline.give_up()

    def progressed(self, link: Link) -> None:
        """A link gave words."""
        link.has_progress = self.has_words = True
        self.watch.progressed()

    @property
    def is_hearing_sound(self) -> bool:
        """The newest block may be speech, and the recogniser is sent it right away."""
        live = self.timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return False
        is_answered = not self.policy.answers_late
        return is_answered and self.loudness.is_audible and not self._is_behind(live)

    def next_deadline_s(self) -> float | None:
        """When something is due, if nothing happens before; None if nothing waits for time."""
        if self.is_done:
            return None
        due = [self.watch.capture_due_s, self.transcript.next_deadline_s]
        if self.is_stopping:
            due.append(self.life_s + self.policy.patience_s)
        if any(self._wants_link(span) for span in self.timeline.spans):
            due.append(self.exchange.open_at_s)
        due.extend(self._due_s(link) for link in self.exchange.links.values())
        return min((moment for moment in due if moment is not None), default=None)

    def _wants_link(self, span: Span) -> bool:
        if span.link is not None or span.gap is not None or span.is_settled:
            return False
        is_waiting = self.timeline.is_waiting(span) or self.exchange.is_blocked
        return self.timeline.unheard(span) > 0 and not is_waiting

    def _serve(self, span: Span, now_s: float) -> None:
        """Give a span its link, and the link its audio; cut it if the session is used up."""
        link = span.link
        if link is None:
            if self._wants_link(span) and self.exchange.may_open(now_s):
                self.exchange.open(span, now_s)
            return
        if link.state is not State.OPEN:
            return
        self._feed(span, link, now_s)
        if span.hear_until is None or link.cursor < span.hear_until:
            self._roll_over(span, link, now_s)
            self._feed(span, link, now_s)
        is_all_sent = span.hear_until is not None and link.cursor >= span.hear_until
        if is_all_sent or span.is_settled:  # settled: what was left to hear was overlap only
            self.exchange.finish(link, now_s)

    def _feed(self, span: Span, link: Link, now_s: float) -> None:
        until = self.timeline.head if span.hear_until is None else span.hear_until
        full = link.cursor + self._cutting.room(link, is_behind=self._is_behind(span))
        is_last = span.hear_until is not None or full < until
        self.exchange.hand_out(link, min(until, full), now_s, is_last=is_last)

    def _is_behind(self, span: Span) -> bool:
        """The link is sent the past, faster than it was spoken."""
        return self.timeline.unheard(span) > self.format.samples(LIVE_S)

    def _roll_over(self, span: Span, link: Link, now_s: float) -> None:
        """Move on to a new session if this one is used up, or end it if nothing is left to say."""
        is_quiet = self.loudness.is_pause(link.cursor)
        is_idle = self.exchange.is_idle(link, now_s)
        cut = self._cutting.decide(
            link, is_quiet=is_quiet, is_behind=self._is_behind(span), is_idle=is_idle
        )
        if cut is None and self.exchange.trust.is_mute(link, now_s):
            cut = Cut.IN_SPEECH if link.has_words and not is_quiet else Cut.AT_HEAD
        if cut is Cut.AT_ACK:
            self.timeline.cut(span, span.start)
        elif cut is Cut.AT_HEAD:
            self.timeline.cut(span, link.cursor)
        elif cut is Cut.IN_SPEECH:
            margin = self.format.samples(OVERLAP_S / 2)
            self.timeline.cut(span, max(span.start, link.cursor - margin), margin=margin)
        elif span.end is None and is_idle:
            self._leave_idle(span, link)

    def _leave_idle(self, span: Span, link: Link) -> None:
        """No sound comes: end the session before the server does.

        If that is amid a word, whoever hears its rest hears it from the beginning.
        """
        head = self.timeline.head
        margin = self.format.samples(OVERLAP_S / 2)
        if link.ack >= head or self.loudness.is_pause(head):
            self.timeline.cut(span, head)
        elif link.has_words and head - margin > span.start:
            self.timeline.cut(span, head - margin, margin=margin).wakes_at = head
        else:
            is_short = link.is_timed and link.unacked_s <= REPLAY_S
            self.timeline.cut(span, span.start if is_short else head).wakes_at = head

    def _supervise(self, now_s: float) -> None:
        """Whom we have waited for too long."""
        for link, problem in self.exchange.overdue(now_s):
            self.exchange.drop(link, problem)
            self.release(link, problem, now_s, is_ended=False)
        self._supervise_sending(now_s)
        self.watch.check_capture(now_s)
        live = self.timeline.live
        if live is not None and live.link is not None:
            self._supervise_progress(live, live.link, now_s)
        is_patient = now_s - self.life_s < self.policy.patience_s
        if self.is_stopping and (self.exchange.is_blocked or not is_patient):
            self.give_up()

    def _tell_settled(self) -> None:
        """Say how far the text is whole, after the lines and gaps that make it so."""
        settled = self.timeline.sure(self.format.samples(PREROLL_S))
        if settled <= self.told_settled:
            return
        is_far = settled - self.told_settled >= self.format.samples(SETTLE_S)
        if is_far or any(isinstance(it, LineCommitted | GapMarked) for it in self.changes):
            self.told_settled = settled
            self.changes.append(Settled(settled))

    def _mind_silence(self) -> None:
        """End the dictation if the user has fallen silent and wants that."""
        since = self.loudness.quiet_from
        is_armed = self.policy.stop_after_silence_s > 0 and self.has_words
        if not is_armed or since is None or self.is_stopping or self.is_told_to_stop:
            return
        silent = self.timeline.head - max(since, self.silence_from)
        if silent >= self.format.samples(self.policy.stop_after_silence_s):
            self.is_told_to_stop = True
            self.effects.append(StopSource())

    def _mind_money(self) -> None:
        """Leave the session when nobody speaks and what was paid for it is used up."""
        live = self.timeline.live
        if live is None or live.link is None or self.policy.sends_silence:
            return
        link = live.link
        is_idle = link.state is State.OPEN and not link.is_pending and not self._is_behind(live)
        is_used_up = self.limits.paid_s(link.audio_s) <= LEAVE_S
        if is_idle and is_used_up and self.stillness.is_still(self.timeline.head):
            self.timeline.rest(live)

    def pause(self) -> None:
        """No sound will come for a while. A session that is paid for is kept for what follows."""
        self.is_paused = True
        self.timeline.wake()
        if not self._keeps(self.timeline.live):
            self._let_go()

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

    def _mind_pause(self, now_s: float) -> None:
        """Keep the session that a pause goes through, and let it go in time."""
        live = self.timeline.live
        link = live.link if live is not None else None
        if live is None or link is None or not self.is_paused or link.state is not State.OPEN:
            return
        self.exchange.hand_out(link, self.timeline.head, now_s, is_last=True)
        if not self._is_kept(link) or now_s < link.last_sent_s + KEEP_S:
            return
        if self._keeps(live):
            self.exchange.keep(link, self.format.samples(KEEP_S), now_s)
        else:
            self._let_go()
            self._serve(live, now_s)

    def _is_kept(self, link: Link) -> bool:
        """It goes through a pause, and has nothing more to send."""
        live = self.timeline.live
        is_live = live is not None and live.link is link
        return self.is_paused and is_live and link.cursor == self.timeline.head

    def _forget(self) -> None:
        """Let go of what is known of sound that nobody listens to any more."""
        heard = [link.first for link in self.exchange.links.values()]
        heard += [span.hear_from for span in self.timeline.spans[:1]]
        self.loudness.forget(min(heard, default=self.timeline.head))

    def _supervise_progress(self, live: Span, link: Link, now_s: float) -> None:
        if self.watch.wants_restart(now_s - self.life_s):
            self._settle_lines(link)
            self.exchange.drop(link)
            live.link = None

    def _supervise_sending(self, now_s: float) -> None:
        waiting = [link.waiting_since_s for link in self.exchange.links.values()]
        oldest_s = min((since for since in waiting if since is not None), default=None)
        if oldest_s is not None and now_s - oldest_s >= SEND_S:
            self.watch.raise_(Topic.SEND, SLOW)
        else:
            self.watch.clear(Topic.SEND)

    def _settle_lines(self, link: Link) -> None:
        """A link that is gone refines nothing."""
        self.transcript.settle(link.link_id)
        self.timeline.settle_held(link.link_id)

    def _due_s(self, link: Link) -> float | None:
        """When something about this link is due."""
        patience = self.exchange.patience(link)
        due = [] if patience is None else [patience[0]]
        if link.state is State.OPEN:
            if self._is_kept(link):
                due.append(link.last_sent_s + KEEP_S)
            elif link.waiting_since_s is None:
                due.append(self.exchange.idle_at_s(link))
            elif not self.watch.is_raised(Topic.SEND):
                due.append(link.waiting_since_s + SEND_S)
            wait_s = self.exchange.wait_for_credit_s(link)
            if wait_s > 0:
                due.append(link.credit_at_s + wait_s)
        return min(due, default=None)
