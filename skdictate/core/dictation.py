"""The entry to the core: turns captured samples and recogniser events into lines, in order, once.

The recording is the buffer, and a session is a cursor into it. Live sending, replay after a lost
connection and catching up are the same code: a cursor that starts at an earlier position.
"""

from __future__ import annotations

from skdictate.audio.pcm import Format, Level
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
    SessionNamed,
)
from skdictate.core.events import ServerStatus as Sign
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.scheduler import Scheduler
from skdictate.core.session import Session
from skdictate.core.session_pool import SILENT_SESSION_S
from skdictate.core.session_state import SessionState
from skdictate.core.snapshot import snapshot
from skdictate.core.status import Status
from skdictate.errors import Problem

SPOKEN_S = 0.3
"""A range with at least this much sound outside of pauses counts as speech. Shorter remainders are
the beginnings of pauses: a pause is recognised ``PAUSE_S`` after it has begun."""


class Dictation:
    """One dictation, without clock or I/O: inputs are calls, outputs are taken with ``take_*``.

    ``now_s`` is the time in seconds on any steady clock. Positions are samples; they begin at 0, or
    at ``begin`` where only a later part of a recording is recognised.
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
        self._scheduler = Scheduler(
            sound,
            limits or Limits(),
            policy or Policy(),
            backoff or Backoff(is_light=True),
            begin=begin,
        )

    # ------------------------------------------------------------------------- inputs: sound

    def started(self, now_s: float) -> None:
        """The source is running: an alarm is raised if no sound arrives from now on."""
        if not self._scheduler.idle_cost.is_paused:
            self._scheduler.watchdogs.expect_capture(now_s)

    def held(self, now_s: float) -> None:
        """The source is made to wait: no sound is expected until ``started``."""
        self._scheduler.watchdogs.expect_nothing()
        self._scheduler.advance(now_s)

    def captured(self, n_samples: int, level: Level | None, now_s: float) -> None:
        """``n_samples`` were appended to the recording; ``level`` is None if it is not known."""
        duration_s = self.format.seconds(n_samples)
        if level is not None:
            self._scheduler.add_level(level, n_samples)
        self._scheduler.timeline.head += n_samples
        self._scheduler.watchdogs.captured(
            now_s, duration_s if self._scheduler.expects_words else 0.0
        )
        self._scheduler.advance(now_s)

    def lost(self, n_samples: int, reason: Reason, now_s: float) -> None:
        """``n_samples`` are missing; silence was appended to the recording in their place."""
        self._scheduler.timeline.add_missing(n_samples, reason)
        self._scheduler.auto_stop.silence_from = self._scheduler.timeline.head
        self._scheduler.advance(now_s)

    def unreadable(self, start: int, end: int, now_s: float) -> None:
        """Samples ``[start, end)`` cannot be read back: what has no text there becomes a gap."""
        self._scheduler.mark_unreadable(start, end)
        self._scheduler.advance(now_s)

    def is_spoken(self, start: int, end: int) -> bool:
        """Whether samples ``[start, end)`` hold at least ``SPOKEN_S`` of speech, by loudness."""
        speech = self._scheduler.session_pool.quota.loudness.speech_samples(start, end)
        return self.format.seconds(speech) >= SPOKEN_S

    def source_changed(self, now_s: float) -> None:
        """Sound comes from another microphone from now on; its quality is judged anew."""
        self._scheduler.mic_quality.restart()
        self._scheduler.advance(now_s)

    def source_failed(self, problem: Problem, now_s: float) -> None:
        """The source delivers nothing and reports why; the next sound clears the problem."""
        self._scheduler.watchdogs.raise_(Topic.CAPTURE, problem)
        self._scheduler.advance(now_s)

    def pause(self, now_s: float) -> None:
        """No sound will come until ``resume``; audio captured so far is still recognised."""
        self._scheduler.watchdogs.expect_nothing()
        self._scheduler.idle_cost.pause()
        self._scheduler.advance(now_s)

    def resume(self, now_s: float) -> None:
        """Sound will come again."""
        self._scheduler.idle_cost.is_paused = False
        self._scheduler.auto_stop.silence_from = self._scheduler.timeline.head
        self._scheduler.watchdogs.expect_capture(now_s)
        self._scheduler.advance(now_s)

    def stop(self, now_s: float) -> None:
        """No more sound will come; the effect ``Done`` follows when everything is settled."""
        self._scheduler.is_stopping = True
        self._scheduler.last_event_s = self._scheduler.last_progress_s = now_s
        self._scheduler.session_pool.retry_now()
        self._scheduler.watchdogs.expect_nothing()
        self._scheduler.timeline.stop()
        self._scheduler.advance(now_s)

    def abandon(self, now_s: float) -> None:
        """Stop at once: everything that has no text yet becomes a gap."""
        self._scheduler.is_stopping = True
        self._scheduler.watchdogs.expect_nothing()
        self._scheduler.timeline.stop()
        self._scheduler.give_up()
        self._scheduler.advance(now_s)

    # ------------------------------------------------------------------------- inputs: the user

    def end_utterance(self, now_s: float) -> None:
        """Ask the recogniser to end the utterance here, as the user wishes."""
        live = self._scheduler.timeline.live
        if live is None or live.session is None or live.session.state is not SessionState.OPEN:
            return
        self._scheduler.session_pool.send_audio(
            live.session, self._scheduler.timeline.head, now_s, is_last=True
        )
        self._scheduler.effects.append(EndUtterance(live.session.session_number))
        live.session.last_sent_s = now_s

    def retry(self, now_s: float) -> None:
        """Connect now: the user asked for it, or has fixed the problem."""
        self._scheduler.session_pool.is_blocked = False
        self._scheduler.session_pool.retry_s = None
        self._scheduler.backoff.reset()
        self._scheduler.advance(now_s)

    # ------------------------------------------------------------------------- inputs: sessions

    def session_opened(self, session_number: int, now_s: float) -> None:
        """The recogniser accepted the session."""
        session = self._scheduler.session_pool.sessions.get(session_number)
        if session is None:
            return
        self._scheduler.session_pool.opened(session, self._scheduler.timeline.head, now_s)
        self._scheduler.hedges.session_opened(session, now_s)
        self._scheduler.advance(now_s)

    def sent(self, session_number: int, end_sample: int, now_s: float) -> None:
        """The transport took all audio before ``end_sample``."""
        session = self._scheduler.session_pool.sessions.get(session_number)
        if session is None:
            return
        session.confirmed = end_sample
        session.waiting_since_s = now_s if session.cursor > end_sample else None
        self._scheduler.advance(now_s)

    def session_event(self, session_number: int, event: Event, now_s: float) -> None:
        """An event arrived from the recogniser; one of an unknown session is ignored."""
        session = self._scheduler.session_pool.sessions.get(session_number)
        if session is None:
            return
        session.last_event_s = self._scheduler.last_event_s = now_s
        session.has_spoken = True
        is_work = self._is_work(session, event)
        if is_work:
            session.last_work_s = now_s
        self._scheduler.hedges.session_answered(session, now_s, is_work=is_work)
        self._apply(session, event, now_s)
        self._scheduler.extend_patience(session, now_s)
        if self._scheduler.session_pool.has_settled_audio(session):
            self._scheduler.backoff.reset()
        self._scheduler.session_pool.clear_if_well(session)
        self._scheduler.advance(now_s)

    def session_closed(self, session_number: int, problem: Problem | None, now_s: float) -> None:
        """The session is closed; ``problem`` is None if the recogniser closed it without error."""
        session = self._scheduler.session_pool.sessions.get(session_number)
        if session is None:
            return
        is_ended = problem is None and session.state is SessionState.FINISHING
        if is_ended:
            self._scheduler.hedges.session_ended(session)
            self._scheduler.session_ended(session)
            self._scheduler.results.session_ended(
                session, self._scheduler.timeline.span_of(session), now_s
            )
            self._scheduler.backoff.reset()
            self._scheduler.session_pool.clear_problem()
            self._scheduler.last_progress_s = now_s
        is_refused = (
            problem is not None and not session.has_spoken and session.audio_s < SILENT_SESSION_S
        )
        self._scheduler.session_pool.forget(session, problem, is_refused=is_refused)
        self._scheduler.session_lost(session, problem, now_s, is_ended=is_ended)
        self._scheduler.advance(now_s)

    def tick(self, now_s: float) -> None:
        """Time has passed; to be called at ``next_deadline_s`` or more often."""
        self._scheduler.advance(now_s)

    # ------------------------------------------------------------------------- outputs

    def take_effects(self) -> list[Effect]:
        """What the caller must do, in order; each effect is returned once."""
        taken = self._scheduler.effects[:]
        self._scheduler.effects.clear()
        return taken

    def take_changes(self) -> list[Change]:
        """How the transcript has changed, in order; each change is returned once."""
        taken = self._scheduler.changes[:]
        self._scheduler.changes.clear()
        return taken

    def next_deadline_s(self) -> float | None:
        """When ``tick`` is due, on the clock of ``now_s``; None if nothing depends on time."""
        return self._scheduler.next_deadline_s()

    def status(self, now_s: float) -> Status:
        """How the dictation stands, for display."""
        return snapshot(self._scheduler, now_s)

    @staticmethod
    def _is_work(session: Session, event: Event) -> bool:
        """Whether an event shows progress: results, or a cursor that has moved."""
        if isinstance(event, Cursors):
            return (
                session.processed is None
                or session.sample_at(event.processed_ms) > session.processed
            )
        return not isinstance(event, Sign | SessionNamed)

    def _apply(self, session: Session, event: Event, now_s: float) -> None:
        span = self._scheduler.timeline.span_of(session)
        match event:
            case Partial():
                if self._scheduler.results.partial(session, span, event):
                    self._scheduler.words_arrived(session)
            case Final():
                self._scheduler.results.final(session, span, event, now_s)
                self._scheduler.words_arrived(session)
            case Refinement():
                self._scheduler.results.refinement(session, event)
            case EndOfUtterance():
                self._scheduler.results.end_of_utterance(session, span, event)
            case SessionNamed():
                self._scheduler.session_pool.set_names(session, event)
            case Cursors():
                session.processed = session.sample_at(event.processed_ms)
            case Sign():
                self._scheduler.results.add_warning(session, event)
            case _:
                self._scheduler.results.add_finding(session, span, event)
