"""The dictation machine: from captured samples and a recogniser's answers to lines, in order, once.

The recording is the buffer. A link is a cursor into it; live sending, replay after a break and
catching up are the same code, a cursor that starts in the past.
"""

from __future__ import annotations

from skdictate.core.audio import Format, Level
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, Reason, Topic
from skdictate.core.effects import Effect, EndUtterance
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Event,
    Final,
    Partial,
    Refinement,
    Session,
)
from skdictate.core.events import Status as Sign
from skdictate.core.exchange import WORN_S
from skdictate.core.limits import Limits
from skdictate.core.link import Link
from skdictate.core.policy import Policy
from skdictate.core.snapshot import snapshot
from skdictate.core.state import State
from skdictate.core.status import Status
from skdictate.core.works import Works
from skdictate.errors import Problem

SPOKEN_S = 0.3
"""So much in no pause is speech: each pause is told a moment after it has begun."""


class Dictation:
    """Inputs are calls with ``now_s`` (any steady clock); outputs are taken with ``take_*``.

    Positions begin at 0, or at ``begin`` where only that part of a recording is gone through.
    """

    def __init__(
        self,
        sound: Format,
        limits: Limits | None = None,
        policy: Policy | None = None,
        backoff: Backoff | None = None,
        *,
        begin: int = 0,
    ) -> None:
        self.format = sound
        self._works = Works(
            sound,
            limits or Limits(),
            policy or Policy(),
            backoff or Backoff(is_light=True),
            begin=begin,
        )

    # ------------------------------------------------------------------------- inputs: sound

    def started(self, now_s: float) -> None:
        """The source runs; from now on sound is expected of it."""
        if not self._works.thrift.is_paused:
            self._works.watch.expect_capture(now_s)

    def held(self, now_s: float) -> None:
        """The source could give more, and is made to wait; until ``started``."""
        self._works.watch.expect_nothing()
        self._works.advance(now_s)

    def captured(self, n_samples: int, level: Level | None, now_s: float) -> None:
        """That many samples were appended to the recording."""
        duration_s = self.format.seconds(n_samples)
        if level is not None:
            self._works.heard(level, n_samples)
        self._works.timeline.head += n_samples
        self._works.watch.captured(now_s, duration_s if self._works.is_hearing_sound else 0.0)
        self._works.advance(now_s)

    def lost(self, n_samples: int, reason: Reason, now_s: float) -> None:
        """That many samples are missing: the recording holds silence in their place."""
        self._works.timeline.lose(n_samples, reason)
        self._works.hush.silence_from = self._works.timeline.head
        self._works.advance(now_s)

    def unreadable(self, start: int, end: int, now_s: float) -> None:
        """The recording does not give these samples back: what of them has no text is a gap."""
        self._works.tear(start, end)
        self._works.advance(now_s)

    def is_spoken(self, start: int, end: int) -> bool:
        """Whether somebody speaks there, as far as loudness tells."""
        speech = self._works.exchange.trust.loudness.speech(start, end)
        return self.format.seconds(speech) >= SPOKEN_S

    def source_changed(self, now_s: float) -> None:
        """Another microphone is heard from now on."""
        self._works.ears.begin()
        self._works.advance(now_s)

    def source_failed(self, problem: Problem, now_s: float) -> None:
        """The source gives nothing, and knows why; the next sound clears this."""
        self._works.watch.raise_(Topic.CAPTURE, problem)
        self._works.advance(now_s)

    def pause(self, now_s: float) -> None:
        """No sound will come until ``resume``; the utterance in flight is finished."""
        self._works.watch.expect_nothing()
        self._works.thrift.pause()
        self._works.advance(now_s)

    def resume(self, now_s: float) -> None:
        """Sound will come again."""
        self._works.thrift.is_paused = False
        self._works.hush.silence_from = self._works.timeline.head
        self._works.watch.expect_capture(now_s)
        self._works.advance(now_s)

    def stop(self, now_s: float) -> None:
        """No more sound will come: finish, and say ``Done`` when all is answered for."""
        self._works.is_stopping = True
        self._works.life_s = self._works.gain_s = now_s
        self._works.exchange.hurry()
        self._works.watch.expect_nothing()
        self._works.timeline.stop()
        self._works.advance(now_s)

    def abandon(self, now_s: float) -> None:
        """Stop, and wait for nothing: what is unanswered becomes a gap."""
        self._works.is_stopping = True
        self._works.watch.expect_nothing()
        self._works.timeline.stop()
        self._works.give_up()
        self._works.advance(now_s)

    # ------------------------------------------------------------------------- inputs: the user

    def end_utterance(self, now_s: float) -> None:
        """The user says that the sentence ends here."""
        live = self._works.timeline.live
        if live is None or live.link is None or live.link.state is not State.OPEN:
            return
        self._works.exchange.hand_out(live.link, self._works.timeline.head, now_s, is_last=True)
        self._works.effects.append(EndUtterance(live.link.link_id))
        live.link.last_sent_s = now_s

    def retry(self, now_s: float) -> None:
        """Connect now: the user asked for it, or mended what was wrong."""
        self._works.exchange.is_blocked = False
        self._works.exchange.retry_s = None
        self._works.backoff.worked()
        self._works.advance(now_s)

    # ------------------------------------------------------------------------- inputs: links

    def link_opened(self, link_id: int, now_s: float) -> None:
        """The recogniser accepted the link."""
        link = self._works.exchange.links.get(link_id)
        if link is None:
            return
        self._works.exchange.opened(link, self._works.timeline.head, now_s)
        self._works.spares.opened(link, now_s)
        self._works.advance(now_s)

    def sent(self, link_id: int, end_sample: int, now_s: float) -> None:
        """The transport took everything before this position."""
        link = self._works.exchange.links.get(link_id)
        if link is None:
            return
        link.confirmed = end_sample
        link.waiting_since_s = now_s if link.cursor > end_sample else None
        self._works.advance(now_s)

    def link_said(self, link_id: int, event: Event, now_s: float) -> None:
        """The recogniser said something."""
        link = self._works.exchange.links.get(link_id)
        if link is None:
            return
        link.last_heard_s = self._works.life_s = now_s
        link.has_spoken = True
        is_work = self._is_work(link, event)
        if is_work:
            link.last_told_s = now_s
        self._works.spares.heard(link, now_s, is_work=is_work)
        self._hear(link, event, now_s)
        self._works.got_on(link, now_s)
        if self._works.exchange.is_used(link):
            self._works.backoff.worked()
        self._works.exchange.judge(link)
        self._works.advance(now_s)

    def link_closed(self, link_id: int, problem: Problem | None, now_s: float) -> None:
        """The link is gone; ``problem`` is None if the recogniser closed it in good order."""
        link = self._works.exchange.links.get(link_id)
        if link is None:
            return
        is_ended = problem is None and link.state is State.FINISHING
        if is_ended:
            self._works.spares.ended(link)
            self._works.ended(link)
            self._works.hearing.ended(link, self._works.timeline.span_of(link), now_s)
            self._works.backoff.worked()
            self._works.exchange.cleared()
            self._works.gain_s = now_s
        is_refused = problem is not None and not link.has_spoken and link.audio_s < WORN_S
        self._works.exchange.forget(link, problem, is_refused=is_refused)
        self._works.release(link, problem, now_s, is_ended=is_ended)
        self._works.advance(now_s)

    def tick(self, now_s: float) -> None:
        """Time has passed; call it at ``next_deadline_s`` or more often."""
        self._works.advance(now_s)

    # ------------------------------------------------------------------------- outputs

    def take_effects(self) -> list[Effect]:
        """What the shell must do, in order; each is handed out once."""
        taken = self._works.effects[:]
        self._works.effects.clear()
        return taken

    def take_changes(self) -> list[Change]:
        """What has become of the transcript, in order; each is handed out once."""
        taken = self._works.changes[:]
        self._works.changes.clear()
        return taken

    def next_deadline_s(self) -> float | None:
        """When ``tick`` is due, on the clock of ``now_s``; None if nothing waits for time."""
        return self._works.next_deadline_s()

    def status(self, now_s: float) -> Status:
        """A snapshot for the gauges."""
        return snapshot(self._works, now_s)

    @staticmethod
    def _is_work(link: Link, event: Event) -> bool:
        """Whether it shows that the recogniser gets on."""
        if isinstance(event, Cursors):
            return link.processed is None or link.at(event.processed_ms) > link.processed
        return not isinstance(event, Sign | Session)

    def _hear(self, link: Link, event: Event, now_s: float) -> None:
        span = self._works.timeline.span_of(link)
        match event:
            case Partial():
                if self._works.hearing.partial(link, span, event):
                    self._works.progressed(link)
            case Final():
                self._works.hearing.final(link, span, event, now_s)
                self._works.progressed(link)
            case Refinement():
                self._works.hearing.refinement(link, event)
            case EndOfUtterance():
                self._works.hearing.end_of_utterance(link, span, event)
            case Session():
                self._works.exchange.introduce(link, event)
            case Cursors():
                link.processed = link.at(event.processed_ms)
            case Sign():
                self._works.hearing.warned(link, event)
            case _:
                self._works.hearing.found(link, span, event)
