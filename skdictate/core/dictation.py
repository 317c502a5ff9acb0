"""The dictation machine: from captured samples and a recogniser's answers to lines, in order, once.

The recording is the buffer. A link is a cursor into it; live sending, replay after a break and
catching up are the same code, a cursor that starts in the past.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.core.audio import Format, Level
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, Finished, Topic
from skdictate.core.effects import Done, Effect, EndUtterance
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Event,
    Final,
    Partial,
    Refinement,
    Session,
)
from skdictate.core.exchange import Exchange
from skdictate.core.hearing import Hearing
from skdictate.core.limits import Limits
from skdictate.core.link import Link, State
from skdictate.core.loudness import Loudness
from skdictate.core.rollover import OVERLAP_S, Cut, Cutting
from skdictate.core.span import Span
from skdictate.core.status import Phase, SessionGauge, Status
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.core.watch import SEND_S, SLOW, Watch
from skdictate.errors import Problem

LIVE_S = 2.0
"""With less than this unsent, sending keeps up with the speaker."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user wants of a dictation."""

    refines: bool = True
    """Refinements were asked for, so that a fresh line may still change."""
    has_words: bool = False
    """The recogniser is known to tell where each word is."""
    chunk_ms: int = 100
    """Audio in one message."""
    patience_s: float = 15.0
    """After ``stop``: how long a silent recogniser is waited for."""


@dataclass
class Dictation:
    """Inputs are calls with ``now_s`` (any steady clock); outputs are taken with ``take_*``."""

    format: Format
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        self._transcript = Transcript(refines=self.policy.refines)
        self._changes = self._transcript.changes
        self._effects: list[Effect] = []
        self._watch = Watch(self._changes)
        self._exchange = Exchange(
            self.format,
            self.limits,
            self.backoff,
            self._watch,
            self._effects,
            self._changes,
            self.policy.chunk_ms,
            self.policy.has_words,
        )
        self._timeline = Timeline(self._transcript)
        self._hearing = Hearing(self._timeline, self._transcript)
        self._cutting = Cutting(self.limits)
        self._loudness = Loudness(self.format)
        self._is_paused = False
        self._is_stopping = False
        self._is_done = False
        self._life_s = 0.0

    # ------------------------------------------------------------------------- inputs: sound

    def started(self, now_s: float) -> None:
        """The source runs; from now on sound is expected of it."""
        self._watch.expect_capture(now_s)

    def captured(self, n_samples: int, level: Level | None, now_s: float) -> None:
        """That many samples were appended to the recording."""
        duration_s = self.format.seconds(n_samples)
        if level is not None:
            self._loudness.heard(level, self._timeline.head, n_samples)
        self._timeline.head += n_samples
        self._watch.captured(now_s, duration_s if self._is_hearing_sound() else 0.0)
        self._advance(now_s)

    def lost(self, n_samples: int, now_s: float) -> None:
        """That many samples are missing: the recording holds silence in their place."""
        self._timeline.lose(n_samples)
        self._advance(now_s)

    def pause(self, now_s: float) -> None:
        """No sound will come until ``resume``; the utterance in flight is finished."""
        self._is_paused = True
        self._watch.expect_nothing()
        live = self._timeline.live
        if live is not None:
            self._timeline.cut(live, self._timeline.head)
        self._advance(now_s)

    def resume(self, now_s: float) -> None:
        """Sound will come again."""
        self._is_paused = False
        self._watch.expect_capture(now_s)
        self._advance(now_s)

    def stop(self, now_s: float) -> None:
        """No more sound will come: finish, and say ``Done`` when all is answered for."""
        self._is_stopping = True
        self._life_s = now_s
        self._watch.expect_nothing()
        self._timeline.stop()
        self._advance(now_s)

    def abandon(self, now_s: float) -> None:
        """Stop, and wait for nothing: what is unanswered becomes a gap."""
        self._is_stopping = True
        self._watch.expect_nothing()
        self._timeline.stop()
        self._give_up()
        self._advance(now_s)

    # ------------------------------------------------------------------------- inputs: the user

    def end_utterance(self, now_s: float) -> None:
        """The user says that the sentence ends here."""
        live = self._timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return
        self._exchange.hand_out(live.link, self._timeline.head, now_s, is_last=True)
        self._effects.append(EndUtterance(live.link.link_id))
        live.link.last_sent_s = now_s

    def retry(self, now_s: float) -> None:
        """Connect now: the user asked for it, or mended what was wrong."""
        self._exchange.is_blocked = False
        self._exchange.retry_s = None
        self.backoff.worked()
        self._advance(now_s)

    # ------------------------------------------------------------------------- inputs: links

    def link_opened(self, link_id: int, now_s: float) -> None:
        """The recogniser accepted the link."""
        link = self._exchange.links.get(link_id)
        if link is None:
            return
        self._exchange.enter(link, State.OPEN)
        link.last_sent_s = link.last_heard_s = link.credit_at_s = now_s
        self._advance(now_s)

    def sent(self, link_id: int, end_sample: int, now_s: float) -> None:
        """The transport took everything before this position."""
        link = self._exchange.links.get(link_id)
        if link is None:
            return
        link.confirmed = end_sample
        link.waiting_since_s = now_s if link.cursor > end_sample else None
        self._advance(now_s)

    def link_said(self, link_id: int, event: Event, now_s: float) -> None:
        """The recogniser said something."""
        link = self._exchange.links.get(link_id)
        if link is None:
            return
        link.last_heard_s = self._life_s = now_s
        self._watch.clear(Topic.LINK)
        self._hear(link, event, now_s)
        self._advance(now_s)

    def link_closed(self, link_id: int, problem: Problem | None, now_s: float) -> None:
        """The link is gone; ``problem`` is None if the recogniser closed it in good order."""
        link = self._exchange.links.get(link_id)
        if link is None:
            return
        is_ended = problem is None and link.state is State.FINISHING
        if is_ended:
            self._hearing.ended(link, self._span_of(link), now_s)
        self._exchange.forget(link, problem)
        self._release(link, problem, now_s, is_ended=is_ended)
        self._advance(now_s)

    def tick(self, now_s: float) -> None:
        """Time has passed; call it at ``next_deadline_s`` or more often."""
        self._advance(now_s)

    # ------------------------------------------------------------------------- outputs

    def take_effects(self) -> list[Effect]:
        """What the shell must do, in order; each is handed out once."""
        taken = self._effects[:]
        self._effects.clear()
        return taken

    def take_changes(self) -> list[Change]:
        """What has become of the transcript, in order; each is handed out once."""
        taken = self._changes[:]
        self._changes.clear()
        return taken

    def next_deadline_s(self) -> float | None:
        """When ``tick`` is due, on the clock of ``now_s``; None if nothing waits for time."""
        if self._is_done:
            return None
        due = [self._watch.capture_due_s, self._transcript.next_deadline_s]
        if self._is_stopping:
            due.append(self._life_s + self.policy.patience_s)
        if any(span.link is None for span in self._timeline.spans):
            due.append(self._exchange.retry_s)
        due.extend(self._due_s(link) for link in self._exchange.links.values())
        return min((moment for moment in due if moment is not None), default=None)

    def status(self, now_s: float) -> Status:
        """A snapshot for the gauges."""
        head = self._timeline.head
        live = self._timeline.live
        unsent = max((self._timeline.unheard(span) for span in self._timeline.spans), default=0)
        newest = max(self._exchange.links.values(), key=lambda link: link.link_id, default=None)
        retry_s = self._exchange.retry_s
        return Status(
            phase=self._phase(live, unsent),
            recorded_s=self.format.seconds(head),
            unsent_s=self.format.seconds(unsent),
            unsettled_s=self.format.seconds(head - self._timeline.settled),
            limits=self.limits,
            session=_gauge(newest, now_s) if newest else None,
            n_links=self._exchange.n_links,
            billed_s=self._exchange.billed_s,
            n_lines=self._transcript.n_lines,
            retry_in_s=None if retry_s is None else max(0.0, retry_s - now_s),
            problems=tuple(self._watch.standing()),
        )

    # ------------------------------------------------------------------------- the works

    def _advance(self, now_s: float) -> None:
        """Do all that can be done at this moment."""
        if self._is_done:
            return
        for span in self._timeline.spans:
            self._serve(span, now_s)
        self._supervise(now_s)
        self._timeline.flush(now_s)
        self._transcript.waited(now_s)
        self._transcript.guess(self._timeline.guess(), now_s)
        if self._is_stopping and not self._timeline.spans and not self._exchange.links:
            self._is_done = True
            self._effects.append(Done())
            self._changes.append(Finished())

    def _serve(self, span: Span, now_s: float) -> None:
        """Give a span its link, and the link its audio; cut it if the session is used up."""
        link = span.link
        if link is None:
            is_waiting = span.gap is None and self._timeline.unheard(span) > 0
            if is_waiting and self._exchange.may_open(now_s):
                self._exchange.open(span, now_s)
            return
        if link.state is not State.OPEN:
            return
        self._feed(span, link, now_s)
        if span.hear_until is None or link.cursor < span.hear_until:
            self._roll_over(span, link, now_s)
            self._feed(span, link, now_s)
        if span.hear_until is not None and link.cursor >= span.hear_until:
            self._exchange.finish(link, now_s)

    def _feed(self, span: Span, link: Link, now_s: float) -> None:
        until = self._timeline.head if span.hear_until is None else span.hear_until
        full = link.cursor + self._cutting.room(link, is_behind=self._is_behind(span))
        is_last = span.hear_until is not None or full < until
        self._exchange.hand_out(link, min(until, full), now_s, is_last=is_last)

    def _is_behind(self, span: Span) -> bool:
        """The link is sent the past, faster than it was spoken."""
        return self._timeline.unheard(span) > self.format.samples(LIVE_S)

    def _roll_over(self, span: Span, link: Link, now_s: float) -> None:
        """Move on to a new session if this one is used up, or end it if nothing is left to say."""
        cut = self._cutting.decide(
            link,
            is_quiet=self._loudness.is_pause(link.cursor),
            is_behind=self._is_behind(span),
            is_idle=self._exchange.is_idle(link, now_s),
        )
        if cut is Cut.AT_ACK:
            self._timeline.cut(span, span.start)
        elif cut is Cut.AT_HEAD:
            self._timeline.cut(span, link.cursor)
        elif cut is Cut.IN_SPEECH:
            margin = self.format.samples(OVERLAP_S / 2)
            self._timeline.cut(span, max(span.start, link.cursor - margin), margin=margin)
        elif span.end is None and self._exchange.is_idle(link, now_s):
            self._timeline.cut(span, self._timeline.head)

    def _supervise(self, now_s: float) -> None:
        """Whom we have waited for too long."""
        for link, problem in self._exchange.overdue(now_s):
            self._exchange.drop(link, problem)
            self._release(link, problem, now_s, is_ended=False)
        self._supervise_sending(now_s)
        self._watch.check_capture(now_s)
        live = self._timeline.live
        if self._watch.wants_restart() and live is not None and live.link is not None:
            self._settle_lines(live.link)
            self._exchange.drop(live.link)
            live.link = None
        is_patient = now_s - self._life_s < self.policy.patience_s
        if self._is_stopping and (self._exchange.is_blocked or not is_patient):
            self._give_up()

    def _supervise_sending(self, now_s: float) -> None:
        waiting = [link.waiting_since_s for link in self._exchange.links.values()]
        oldest_s = min((since for since in waiting if since is not None), default=None)
        if oldest_s is not None and now_s - oldest_s >= SEND_S:
            self._watch.raise_(Topic.SEND, SLOW)
        else:
            self._watch.clear(Topic.SEND)

    def _release(
        self, link: Link, problem: Problem | None, now_s: float, *, is_ended: bool
    ) -> None:
        """A link is gone: its span needs another, if anything of it still waits."""
        self._settle_lines(link)
        span = self._span_of(link)
        if span is None:
            return
        span.link = None
        if not is_ended:
            self._exchange.broke(link, problem, now_s)

    def _settle_lines(self, link: Link) -> None:
        """A link that is gone refines nothing."""
        self._transcript.settle(link.link_id)
        self._timeline.settle_held(link.link_id)

    def _give_up(self) -> None:
        for link in list(self._exchange.links.values()):
            self._exchange.drop(link)
            self._settle_lines(link)
        self._timeline.give_up()

    def _hear(self, link: Link, event: Event, now_s: float) -> None:
        span = self._span_of(link)
        match event:
            case Partial():
                if self._hearing.partial(link, span, event):
                    self._progressed(link)
            case Final():
                self._hearing.final(link, span, event, now_s)
                self._progressed(link)
            case Refinement():
                self._hearing.refinement(link, event)
            case EndOfUtterance():
                self._hearing.end_of_utterance(link, span, event)
            case Session():
                self._exchange.introduce(link, event.session_id, event.request_id)
            case Cursors():
                link.processed = link.at(event.processed_ms)

    def _progressed(self, link: Link) -> None:
        link.has_progress = True
        self.backoff.worked()
        self._watch.progressed()

    def _span_of(self, link: Link) -> Span | None:
        """The span that a link works on; None once that is settled."""
        return next((span for span in self._timeline.spans if span.link is link), None)

    def _due_s(self, link: Link) -> float | None:
        """When something about this link is due."""
        patience = self._exchange.patience(link)
        due = [] if patience is None else [patience[0]]
        if link.state is State.OPEN:
            if link.waiting_since_s is not None:
                due.append(link.waiting_since_s + SEND_S)
            due.append(self._exchange.idle_at_s(link))
            wait_s = self._exchange.wait_for_credit_s(link)
            if wait_s > 0:
                due.append(link.credit_at_s + wait_s)
        return min(due, default=None)

    def _is_hearing_sound(self) -> bool:
        """The newest block may be speech, and the recogniser is sent it right away."""
        live = self._timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return False
        return self._loudness.is_audible and not self._is_behind(live)

    def _phase(self, live: Span | None, unsent: int) -> Phase:
        if self._is_done:
            return Phase.DONE
        if self._is_stopping:
            return Phase.FINISHING
        if self._exchange.is_blocked:
            return Phase.BLOCKED
        if self._is_paused:
            return Phase.PAUSED
        if self.backoff.failures:
            return Phase.RECONNECTING
        if live is None or live.link is None:
            return Phase.LISTENING if self._timeline.head else Phase.WAITING
        if live.link.state is State.OPENING:
            return Phase.CONNECTING
        is_behind = unsent > self.format.samples(LIVE_S)
        return Phase.CATCHING_UP if is_behind else Phase.LISTENING


def _gauge(link: Link, now_s: float) -> SessionGauge:
    return SessionGauge(
        number=link.link_id,
        audio_s=link.audio_s,
        size_bytes=link.size_bytes,
        since_message_s=max(0.0, now_s - link.last_sent_s),
    )
