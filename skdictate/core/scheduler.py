"""Holds the parts of the dictation core and advances them, in a fixed order, after every input.

``advance`` opens a session for each span that needs one, sends it audio, rolls over to the next
session before a limit is reached, replaces sessions that exceeded their deadline, and commits the
lines that are next in the order of the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.audio.loudness import Loudness
from skdictate.audio.pcm import Format, Level
from skdictate.audio.voice_activity import PREROLL_S, VoiceActivity
from skdictate.core.auto_stop import AutoStop
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, Finished, Topic
from skdictate.core.checkpoint import Checkpoint
from skdictate.core.effects import Done, Effect
from skdictate.core.feeder import LIVE_S, Feeder
from skdictate.core.hedged_session import HedgedSessions
from skdictate.core.idle_cost import IdleCost
from skdictate.core.limits import Limits
from skdictate.core.mic_quality import MicQuality
from skdictate.core.policy import Policy
from skdictate.core.results import Results
from skdictate.core.rollover import REACH_S, Cutting
from skdictate.core.session import Session
from skdictate.core.session_pool import DRAIN_S, LATE_S, SessionPool
from skdictate.core.session_quota import PROVEN, SessionQuota
from skdictate.core.session_state import SessionState
from skdictate.core.span import Span
from skdictate.core.spending import Spending
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.core.watchdogs import NO_WORDS, WORDLESS_S, Watchdogs
from skdictate.errors import Problem


@dataclass
class Scheduler:
    """The parts of the core, and ``advance``, which runs after every input.

    All times are seconds on the caller's steady clock; positions are samples on the timeline.
    """

    format: Format
    limits: Limits
    policy: Policy
    backoff: Backoff
    effects: list[Effect] = field(default_factory=list)
    is_stopping: bool = False
    is_done: bool = False
    is_given_up: bool = False
    """The dictation ended before all audio was recognised; the rest became gaps."""
    last_event_s: float = 0.0
    """When the last event of any session arrived, or ``stop`` was called, if that was later."""
    last_progress_s: float = 0.0
    """When the recogniser last made progress, or ``stop`` was called, if that was later."""
    furthest_sample: int = 0
    """The last position that any session has processed or settled."""
    begin: int = 0
    """The position of the first sample; not 0 where only a part of a recording is recognised."""

    def __post_init__(self) -> None:
        self.transcript = Transcript(refines=self.policy.refines)
        self.changes: list[Change] = self.transcript.changes
        policy = self.policy
        self.watchdogs = Watchdogs(self.changes, policy.is_live, policy.hears_microphone)
        self.loudness = Loudness(self.format)
        self.session_pool = SessionPool(
            self.format,
            self.limits,
            self.backoff,
            self.watchdogs,
            self.effects,
            self.changes,
            self.policy.chunk_ms,
            SessionQuota(self.loudness, self.backoff, self.policy.answers_late),
            Spending(self.limits, self.policy.budget_s, self.policy.budget_option),
            self.policy.has_words,
            LATE_S if self.policy.answers_late else DRAIN_S,
        )
        first = Span(self.begin, reach=self.format.samples(REACH_S))
        rate_hz = self.format.rate_hz
        self.timeline = Timeline(self.transcript, self.begin, [first], rate_hz)
        self.checkpoint = Checkpoint(
            self.timeline, self.changes, self.format.rate_hz, published=self.begin
        )
        self.results = Results(self.timeline, self.transcript)
        self.voice_activity = VoiceActivity(self.format)
        self.mic_quality = MicQuality(self.watchdogs)
        self.feeder = Feeder(
            self.format, self.session_pool, self.timeline, self.loudness, Cutting(self.limits)
        )
        self.idle_cost = IdleCost(
            self.format,
            self.limits,
            self.policy,
            self.session_pool,
            self.timeline,
            self.voice_activity,
            self.feeder,
        )
        self.auto_stop = AutoStop(
            self.timeline,
            self.loudness,
            self.effects,
            self.policy.stop_after_silence_s,
            silence_from=self.begin,
        )
        is_wanted = self.policy.has_hedges and not self.policy.answers_late
        self.hedges = HedgedSessions(self.session_pool, self.timeline, self.feeder, is_wanted)

    def advance(self, now_s: float) -> None:
        """Do everything that is due at ``now_s``; does nothing once the dictation is done."""
        if self.is_done:
            return
        self.hedges.replace()
        for span in self.timeline.spans:
            self._serve(span, now_s)
        self._supervise(now_s)
        if not self.is_stopping:
            self.auto_stop.check()
        self.idle_cost.check_silence()
        self.idle_cost.check_pause(now_s)
        self.timeline.flush(now_s)
        self.hedges.update(now_s)
        self.checkpoint.publish()
        self._forget_pauses()
        self.transcript.settle_overdue(now_s)
        self.transcript.set_partial(self.timeline.partial_text(), now_s)
        if self.is_stopping and not self.timeline.spans and not self.session_pool.sessions:
            self.is_done = True
            if not self.is_given_up:
                self.session_pool.clear_problem()
            self.effects.append(Done())
            self.changes.append(Finished())

    def add_level(self, level: Level, n_samples: int) -> None:
        """Take the level of a block of ``n_samples`` that begins at the head of the timeline.

        Called before the head is moved past the block.
        """
        self.loudness.add_level(level, self.timeline.head, n_samples)
        self.voice_activity.add_level(level, self.timeline.head, n_samples)
        if self.voice_activity.still_from is None:
            self.timeline.wake(self.format.samples(PREROLL_S))
        if self.policy.hears_microphone:
            self.mic_quality.add_level(level, self.format.seconds(n_samples))

    def session_lost(
        self, session: Session, problem: Problem | None, now_s: float, *, is_ended: bool
    ) -> None:
        """Detach a closed session from its span, and schedule a retry if the span still needs one.

        Args:
            session: the session that was closed.
            problem: why, or None if the recogniser closed it without an error.
            now_s: the present time.
            is_ended: the recogniser had received everything and finished normally.
        """
        self.timeline.settle_lines(session.session_number)
        span = self.timeline.span_of(session)
        if span is None:
            return
        span.session = None
        if not is_ended and not span.is_settled:
            self.session_pool.schedule_retry(session, problem, now_s)

    def session_ended(self, session: Session) -> None:
        """Warn if a session that finished normally was sent speech and returned no words.

        Only for a session that was catching up: the watchdogs look at live sound alone.
        """
        is_behind = self.timeline.head - session.cursor > self.format.samples(LIVE_S)
        speech_s = self.format.seconds(self.loudness.speech_samples(session.first, session.cursor))
        if is_behind and not session.has_progress and speech_s >= WORDLESS_S:
            self.watchdogs.raise_(Topic.PROGRESS, NO_WORDS)

    def mark_unreadable(self, start: int, end: int) -> None:
        """Turn ``[start, end)`` into a gap where it has no text yet: it cannot be read back.

        Sessions that were to be sent it are dropped; the audio around it gets new ones.
        """
        for session in self.timeline.mark_unreadable(start, end):
            self.session_pool.drop(session)
            self.timeline.settle_lines(session.session_number)
        self.hedges.mark_unreadable(end)

    def give_up(self) -> None:
        """Drop all sessions and turn everything that has no text yet into gaps."""
        self.is_given_up = True
        for session in list(self.session_pool.sessions.values()):
            self.session_pool.drop(session)
            self.timeline.settle_lines(session.session_number)
        self.timeline.give_up()

    def extend_patience(self, session: Session, now_s: float) -> None:
        """Restart the patience of ``stop``, since a session has sent an event.

        After ``PROVEN`` sessions in a row that settled nothing, an event counts only if the session
        has come further than any before it.
        """
        reached = max(session.ack, session.processed or 0)
        is_further = reached > self.furthest_sample
        self.furthest_sample = max(self.furthest_sample, reached)
        if is_further or self.backoff.n_unsettled < PROVEN:
            self.last_progress_s = now_s

    def words_arrived(self, session: Session) -> None:
        """Note that a session has returned words."""
        session.has_progress = self.auto_stop.is_armed = True
        self.watchdogs.words_arrived()

    @property
    def expects_words(self) -> bool:
        """Whether the newest block may be speech and reaches the recogniser without delay."""
        live = self.timeline.live
        if live is None or live.session is None or live.session.state is not SessionState.OPEN:
            return False
        is_answered = not self.policy.answers_late
        return is_answered and self.loudness.is_audible and not self.feeder.is_behind(live)

    def next_deadline_s(self) -> float | None:
        """When ``advance`` must be called next, in seconds; None if nothing depends on time."""
        if self.is_done:
            return None
        due = [self.watchdogs.capture_due_s, self.transcript.next_deadline_s, self.hedges.due_s]
        due.append(self.timeline.due_s)
        if self.is_stopping:
            due.append(self.last_progress_s + self.policy.patience_s)
        if any(self._wants_session(span) for span in self.timeline.spans):
            due.append(self.session_pool.open_at_s)
        due.extend(self.idle_cost.due_s(session) for session in self.session_pool.sessions.values())
        return min((moment for moment in due if moment is not None), default=None)

    def _wants_session(self, span: Span) -> bool:
        if span.session is not None or span.gap is not None or span.is_settled:
            return False
        is_waiting = self.timeline.is_waiting(span) or self.session_pool.is_blocked
        return self.timeline.n_unsent(span) > 0 and not is_waiting

    def _serve(self, span: Span, now_s: float) -> None:
        """Open a session for a span that needs one, or send audio to the one that it has."""
        if span.session is None:
            if self._wants_session(span):
                self.session_pool.check_budget()
                if self.session_pool.may_open(now_s):
                    self.session_pool.open(span, now_s)
        elif span.session.state is SessionState.OPEN:
            self.feeder.run(span, span.session, now_s)

    def _supervise(self, now_s: float) -> None:
        """Replace sessions that exceeded their deadline, and raise or clear the alarms."""
        for session, problem in self.session_pool.overdue(now_s):
            self.session_pool.drop(session, problem)
            self.session_lost(session, problem, now_s, is_ended=False)
        self.watchdogs.check_sending(
            (session.waiting_since_s for session in self.session_pool.sessions.values()), now_s
        )
        self.watchdogs.check_capture(now_s)
        live = self.timeline.live
        if live is not None and live.session is not None:
            self._supervise_progress(live, live.session, now_s)
        is_patient = now_s - self.last_progress_s < self.policy.patience_s
        is_over = self.session_pool.is_blocked and not self.session_pool.sessions
        if self.is_stopping and (is_over or not is_patient):
            self.give_up()

    def _forget_pauses(self) -> None:
        """Forget the pauses before the first sample that any session may still need."""
        heard = [session.first for session in self.session_pool.sessions.values()]
        heard += [span.listens_from for span in self.timeline.spans[:1]]
        self.loudness.forget(min(heard, default=self.timeline.head))

    def _supervise_progress(self, live: Span, session: Session, now_s: float) -> None:
        if self.watchdogs.wants_restart(now_s - self.last_event_s):
            self.timeline.settle_lines(session.session_number)
            self.session_pool.drop(session)
            live.session = None
