"""The works of the dictation machine: what is done at each moment, in order.

Give each span its link and each link its audio; move on from a session that is used up; replace
whom we waited for too long; commit what has become first in line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.audio import Format, Level
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, Finished, Topic
from skdictate.core.ears import Ears
from skdictate.core.effects import Done, Effect, StopSource
from skdictate.core.exchange import Exchange
from skdictate.core.hearing import Hearing
from skdictate.core.limits import Limits
from skdictate.core.link import Link
from skdictate.core.loudness import Loudness
from skdictate.core.policy import Policy
from skdictate.core.rollover import OVERLAP_S, Cut, Cutting
from skdictate.core.span import Span
from skdictate.core.state import State
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.core.watch import SEND_S, SLOW, Watch
from skdictate.errors import Problem

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

    def __post_init__(self) -> None:
        self.transcript = Transcript(refines=self.policy.refines)
        self.changes: list[Change] = self.transcript.changes
        self.watch = Watch(self.changes)
        self.exchange = Exchange(
            self.format,
            self.limits,
            self.backoff,
            self.watch,
            self.effects,
            self.changes,
            self.policy.chunk_ms,
            self.policy.has_words,
        )
        self.timeline = Timeline(self.transcript)
        self.hearing = Hearing(self.timeline, self.transcript)
        self.loudness = Loudness(self.format)
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
        self.timeline.flush(now_s)
        self.transcript.waited(now_s)
        self.transcript.guess(self.timeline.guess(), now_s)
        if self.is_stopping and not self.timeline.spans and not self.exchange.links:
            self.is_done = True
            self.effects.append(Done())
            self.changes.append(Finished())

    def heard(self, level: Level, n_samples: int) -> None:
        """A block with this level lies ahead of the head."""
        self.loudness.heard(level, self.timeline.head, n_samples)
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

    def give_up(self) -> None:
        """Wait for nothing: what is unanswered becomes a gap."""
        for link in list(self.exchange.links.values()):
            self.exchange.drop(link)
            self._settle_lines(link)
        self.timeline.give_up()

    def progressed(self, link: Link) -> None:
        """A link gave words."""
        link.has_progress = self.has_words = True
        self.backoff.worked()
        self.watch.progressed()

    @property
    def is_hearing_sound(self) -> bool:
        """The newest block may be speech, and the recogniser is sent it right away."""
        live = self.timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return False
        return self.loudness.is_audible and not self._is_behind(live)

    def next_deadline_s(self) -> float | None:
        """When something is due, if nothing happens before; None if nothing waits for time."""
        if self.is_done:
            return None
        due = [self.watch.capture_due_s, self.transcript.next_deadline_s]
        if self.is_stopping:
            due.append(self.life_s + self.policy.patience_s)
        if any(self._wants_link(span) for span in self.timeline.spans):
            due.append(self.exchange.retry_s)
        due.extend(self._due_s(link) for link in self.exchange.links.values())
        return min((moment for moment in due if moment is not None), default=None)

    def _wants_link(self, span: Span) -> bool:
        if span.link is not None or span.gap is not None or span.is_settled:
            return False
        return self.timeline.unheard(span) > 0 and not self.exchange.is_blocked

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
        cut = self._cutting.decide(
            link,
            is_quiet=self.loudness.is_pause(link.cursor),
            is_behind=self._is_behind(span),
            is_idle=self.exchange.is_idle(link, now_s),
        )
        if cut is Cut.AT_ACK:
            self.timeline.cut(span, span.start)
        elif cut is Cut.AT_HEAD:
            self.timeline.cut(span, link.cursor)
        elif cut is Cut.IN_SPEECH:
            margin = self.format.samples(OVERLAP_S / 2)
            self.timeline.cut(span, max(span.start, link.cursor - margin), margin=margin)
        elif span.end is None and self.exchange.is_idle(link, now_s):
            self.timeline.cut(span, self.timeline.head)

    def _supervise(self, now_s: float) -> None:
        """Whom we have waited for too long."""
        for link, problem in self.exchange.overdue(now_s):
            self.exchange.drop(link, problem)
            self.release(link, problem, now_s, is_ended=False)
        self._supervise_sending(now_s)
        self.watch.check_capture(now_s)
        live = self.timeline.live
        if self.watch.wants_restart() and live is not None and live.link is not None:
            self._settle_lines(live.link)
            self.exchange.drop(live.link)
            live.link = None
        is_patient = now_s - self.life_s < self.policy.patience_s
        if self.is_stopping and (self.exchange.is_blocked or not is_patient):
            self.give_up()

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
            if link.waiting_since_s is None:
                due.append(self.exchange.idle_at_s(link))
            elif not self.watch.is_raised(Topic.SEND):
                due.append(link.waiting_since_s + SEND_S)
            wait_s = self.exchange.wait_for_credit_s(link)
            if wait_s > 0:
                due.append(link.credit_at_s + wait_s)
        return min(due, default=None)
