"""The works of the dictation machine: what is done at each moment, in order.

Give each span its link and each link its audio; move on from a session that is used up; replace
whom we waited for too long; commit what has become first in line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.assurance import Assurance
from skdictate.core.audio import Format, Level
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, Finished, Topic
from skdictate.core.course import LIVE_S, Course
from skdictate.core.ears import Ears
from skdictate.core.effects import Done, Effect
from skdictate.core.exchange import DRAIN_S, LATE_S, Exchange
from skdictate.core.hearing import Hearing
from skdictate.core.hush import Hush
from skdictate.core.limits import Limits
from skdictate.core.link import Link
from skdictate.core.loudness import Loudness
from skdictate.core.policy import Policy
from skdictate.core.rollover import REACH_S, Cutting
from skdictate.core.span import Span
from skdictate.core.spare import Spares
from skdictate.core.spending import Spending
from skdictate.core.state import State
from skdictate.core.stillness import PREROLL_S, Stillness
from skdictate.core.thrift import Thrift
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.core.trust import PROVEN, Trust
from skdictate.core.watch import NO_WORDS, WORDLESS_S, Watch
from skdictate.errors import Problem


@dataclass
class Works:
    """All parts of the machine, and the one routine that runs after every input."""

    format: Format
    limits: Limits
    policy: Policy
    backoff: Backoff
    effects: list[Effect] = field(default_factory=list)
    is_stopping: bool = False
    is_done: bool = False
    is_given_up: bool = False
    """Something was not answered for, and was waited for no longer."""
    life_s: float = 0.0
    """When the recogniser last said something, or the end began."""
    gain_s: float = 0.0
    """When it last got on, or the end began."""
    n_reached: int = 0
    """Samples that it has worked through, in any session."""
    begin: int = 0
    """The first sample, where only a part of a recording is gone through."""

    def __post_init__(self) -> None:
        self.transcript = Transcript(refines=self.policy.refines)
        self.changes: list[Change] = self.transcript.changes
        policy = self.policy
        self.watch = Watch(self.changes, policy.is_live, policy.hears_microphone)
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
            Spending(self.limits, self.policy.budget_s, self.policy.budget_option),
            self.policy.has_words,
            LATE_S if self.policy.answers_late else DRAIN_S,
        )
        first = Span(self.begin, reach=self.format.samples(REACH_S))
        rate_hz = self.format.rate_hz
        self.timeline = Timeline(self.transcript, self.begin, [first], rate_hz)
        self.assurance = Assurance(
            self.timeline, self.changes, self.format.rate_hz, told=self.begin
        )
        self.hearing = Hearing(self.timeline, self.transcript)
        self.stillness = Stillness(self.format)
        self.ears = Ears(self.watch)
        self.course = Course(
            self.format, self.exchange, self.timeline, self.loudness, Cutting(self.limits)
        )
        self.thrift = Thrift(
            self.format,
            self.limits,
            self.policy,
            self.exchange,
            self.timeline,
            self.stillness,
            self.course,
        )
        self.hush = Hush(
            self.timeline,
            self.loudness,
            self.effects,
            self.policy.stop_after_silence_s,
            silence_from=self.begin,
        )
        is_wanted = self.policy.has_spares and not self.policy.answers_late
        self.spares = Spares(self.exchange, self.timeline, self.course, is_wanted)

    def advance(self, now_s: float) -> None:
        """Do all that can be done at this moment."""
        if self.is_done:
            return
        self.spares.replace()
        for span in self.timeline.spans:
            self._serve(span, now_s)
        self._supervise(now_s)
        if not self.is_stopping:
            self.hush.mind()
        self.thrift.mind_silence()
        self.thrift.mind_pause(now_s)
        self.timeline.flush(now_s)
        self.spares.mind(now_s)
        self.assurance.tell()
        self._forget()
        self.transcript.waited(now_s)
        self.transcript.guess(self.timeline.guess(), now_s)
        if self.is_stopping and not self.timeline.spans and not self.exchange.links:
            self.is_done = True
            if not self.is_given_up:
                self.exchange.cleared()
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
        self.timeline.settle_lines(link.link_id)
        span = self.timeline.span_of(link)
        if span is None:
            return
        span.link = None
        if not is_ended and not span.is_settled:
            self.exchange.broke(link, problem, now_s)

    def ended(self, link: Link) -> None:
        """A link has ended in good order. If it was sent speech and gave no words, that is said,
        where the past is sent in a hurry and so nobody else watches for it."""
        is_behind = self.timeline.head - link.cursor > self.format.samples(LIVE_S)
        speech_s = self.format.seconds(self.loudness.speech(link.first, link.cursor))
        if is_behind and not link.has_progress and speech_s >= WORDLESS_S:
            self.watch.raise_(Topic.PROGRESS, NO_WORDS)

    def tear(self, start: int, end: int) -> None:
        """A stretch cannot be heard any more; around it others listen."""
        for link in self.timeline.tear(start, end):
            self.exchange.drop(link)
            self.timeline.settle_lines(link.link_id)

    def give_up(self) -> None:
        """Wait for nothing: what is unanswered becomes a gap."""
        self.is_given_up = True
        for link in list(self.exchange.links.values()):
            self.exchange.drop(link)
            self.timeline.settle_lines(link.link_id)
        self.timeline.give_up()

    def got_on(self, link: Link, now_s: float) -> None:
        """A link said something, so that it is worth waiting for more; after some sessions that
        settled nothing, only if it has come further than they.
        """
        reached = max(link.ack, link.processed or 0)
        is_further = reached > self.n_reached
        self.n_reached = max(self.n_reached, reached)
        if is_further or self.backoff.n_unsettled < PROVEN:
            self.gain_s = now_s

    def progressed(self, link: Link) -> None:
        """A link gave words."""
        link.has_progress = self.hush.is_armed = True
        self.watch.progressed()

    @property
    def is_hearing_sound(self) -> bool:
        """The newest block may be speech, and the recogniser is sent it right away."""
        live = self.timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return False
        is_answered = not self.policy.answers_late
        return is_answered and self.loudness.is_audible and not self.course.is_behind(live)

    def next_deadline_s(self) -> float | None:
        """When something is due, if nothing happens before; None if nothing waits for time."""
        if self.is_done:
            return None
        due = [self.watch.capture_due_s, self.transcript.next_deadline_s, self.spares.due_s]
        due.append(self.timeline.due_s)
        if self.is_stopping:
            due.append(self.gain_s + self.policy.patience_s)
        if any(self._wants_link(span) for span in self.timeline.spans):
            due.append(self.exchange.open_at_s)
        due.extend(self.thrift.due_s(link) for link in self.exchange.links.values())
        return min((moment for moment in due if moment is not None), default=None)

    def _wants_link(self, span: Span) -> bool:
        if span.link is not None or span.gap is not None or span.is_settled:
            return False
        is_waiting = self.timeline.is_waiting(span) or self.exchange.is_blocked
        return self.timeline.unheard(span) > 0 and not is_waiting

    def _serve(self, span: Span, now_s: float) -> None:
        """Give a span its link, and the link its audio."""
        if span.link is None:
            if self._wants_link(span):
                self.exchange.mind_budget()
                if self.exchange.may_open(now_s):
                    self.exchange.open(span, now_s)
        elif span.link.state is State.OPEN:
            self.course.run(span, span.link, now_s)

    def _supervise(self, now_s: float) -> None:
        """Whom we have waited for too long."""
        for link, problem in self.exchange.overdue(now_s):
            self.exchange.drop(link, problem)
            self.release(link, problem, now_s, is_ended=False)
        self.watch.check_sending(
            (link.waiting_since_s for link in self.exchange.links.values()), now_s
        )
        self.watch.check_capture(now_s)
        live = self.timeline.live
        if live is not None and live.link is not None:
            self._supervise_progress(live, live.link, now_s)
        is_patient = now_s - self.gain_s < self.policy.patience_s
        is_over = self.exchange.is_blocked and not self.exchange.links
        if self.is_stopping and (is_over or not is_patient):
            self.give_up()

    def _forget(self) -> None:
        """Let go of what is known of sound that nobody listens to any more."""
        heard = [link.first for link in self.exchange.links.values()]
        heard += [span.listens_from for span in self.timeline.spans[:1]]
        self.loudness.forget(min(heard, default=self.timeline.head))

    def _supervise_progress(self, live: Span, link: Link, now_s: float) -> None:
        if self.watch.wants_restart(now_s - self.life_s):
            self.timeline.settle_lines(link.link_id)
            self.exchange.drop(link)
            live.link = None
