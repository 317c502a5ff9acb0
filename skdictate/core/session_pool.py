"""Opens, feeds, finishes and drops the sessions of a dictation, and decides when to try again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from skdictate.audio.pcm import Format
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, SessionChanged, Topic
from skdictate.core.effects import Drop, Effect, Finish, Open, Send, SendSilence
from skdictate.core.events import SessionNamed
from skdictate.core.limits import IDLE, Limits
from skdictate.core.session import AT_ONCE_S, BURST_S, LEAD_S, Session
from skdictate.core.session_quota import SessionQuota
from skdictate.core.session_state import SessionState
from skdictate.core.span import Span
from skdictate.core.spending import Spending
from skdictate.core.watchdogs import Watchdogs
from skdictate.errors import Kind, Problem

OPENING_S = 10.0
"""A session that is not open after this time is dropped."""
DRAIN_S = 10.0
"""A half-closed session that sends no event for this long is dropped."""
LATE_S = 60.0
"""The same limit for a half-closed session that sends signs of life but no results, and for a
recogniser that begins its work only when the session is finished."""
REST_S = 5.0
"""The shortest wait after a session in which the recogniser sent nothing at all."""
OVERLOAD_S = 1.0
"""The shortest wait after an error of the service, as the service's own clients wait."""
SETTLED_S = 1.0
"""A session that has settled this much audio counts as a success."""
SILENT_SESSION_S = 10.0
"""A session that was sent this much audio without speech counts as a success, too."""
EXEMPT_S = 15.0
"""A session that gave words before it failed is followed without a wait, but no more often than
this: the service bills at least 15 s for each session."""
MOST_EXEMPT = 2
"""After more sessions in a row than this that settled nothing, the wait is never left out."""
MOST_URGENT = 3
"""After ``stop``, this many sessions that settle nothing are tried without a wait; then the wait is
``REST_S`` at most, since the user is waiting for the last words."""
WINDOW_S = 1.0
"""Audio that may be handed to the transport before it confirms that it has taken any."""

NO_ANSWER = Problem(
    Kind.NETWORK,
    "The recogniser does not answer",
    f"No connection within {OPENING_S:.0f} seconds",
    "Recording goes on; trying again.",
)
NO_ENDING = Problem(
    Kind.NETWORK,
    "The recogniser fell silent",
    "It did not finish its session in time",
    "Audio without text is sent again.",
)
CLOSED_EARLY = Problem(
    Kind.NETWORK,
    "The recogniser ended the session",
    "It gave no reason",
    "Audio without text is sent again.",
)
WORDLESS = Problem(
    Kind.SERVICE,
    "The recogniser returns no text",
    "It received audio, and ended several sessions without text or a reason",
    "Recording goes on; the waits between tries grow longer.",
)
BROKE_OFF = "The recogniser broke the connection"
"""The title of a permanent error that comes after words: the credentials and the request had been
accepted, so another session is tried all the same."""


@dataclass
class SessionPool:
    """All sessions of a dictation that are not closed.

    A span refers to its session. A session outlives its span while it may still refine a line.
    """

    format: Format
    limits: Limits
    backoff: Backoff
    watchdogs: Watchdogs
    effects: list[Effect]
    changes: list[Change]
    chunk_ms: int
    quota: SessionQuota
    spending: Spending
    has_words: bool = False
    """The recogniser gives times for words; learnt from the first session that did."""
    drain_s: float = DRAIN_S
    """How long a half-closed session may send no event."""
    sessions: dict[int, Session] = field(default_factory=dict)
    n_sessions: int = 0
    retry_s: float | None = None
    """No session is opened before this time."""
    is_blocked: bool = False
    """No session is opened until the user has fixed the problem that was raised."""
    is_urgent: bool = False
    """Capture is over, and the user waits for the last words."""
    _exempted_s: float = float("-inf")

    def __post_init__(self) -> None:
        self._chunk = self.format.samples_of_ms(self.chunk_ms)
        self._window = max(self._chunk, self.format.samples(WINDOW_S))

    def may_open(self, now_s: float) -> bool:
        """Whether a new session may be opened now."""
        is_time = self.retry_s is None or now_s >= self.retry_s
        return is_time and not self.is_blocked and self.has_room()

    @property
    def open_at_s(self) -> float | None:
        """When a new session may be opened; None if more than time is needed."""
        return self.retry_s if self.has_room() else None

    def has_room(self) -> bool:
        """Whether the quota and the budget allow one more session."""
        if not self.spending.may_open(self.sessions.values()):
            return False
        return self.quota.has_room(self.sessions.values(), is_urgent=self.is_urgent)

    def retry_now(self) -> None:
        """Try again without a wait, since the user waits for the last words."""
        self.is_urgent = True
        self.retry_s = None

    def check_budget(self) -> None:
        """Stop opening sessions, and say why, once the budget does not cover another one."""
        if not self.is_blocked and self.spending.is_used_up(self.sessions.values()):
            self.is_blocked = True
            self.watchdogs.raise_(Topic.LINK, self.spending.problem)

    def open(self, span: Span, now_s: float) -> None:
        """Open a session for a span; it starts where the span still needs text."""
        self.retry_s = None
        span.session = self.open_beside(span, now_s)

    def open_beside(self, span: Span, now_s: float) -> Session:
        """Open a session that starts where a new one of the span would, without attaching it."""
        self.n_sessions += 1
        session = Session(self.n_sessions, self.format, span.listens_from, now_s)
        session.has_words = self.has_words
        self.sessions[session.session_number] = session
        self.effects.append(Open(session.session_number))
        self._report(session)
        return session

    def opened(self, session: Session, until: int, now_s: float) -> None:
        """Mark a session as open; ``until`` is the number of samples captured so far."""
        self.enter(session, SessionState.OPEN)
        quiet = self.quota.loudness.quiet_samples(session.first, until)
        at_once_s = BURST_S if self.quota.is_unproven(session) else AT_ONCE_S
        session.opened(now_s, at_once_s + min(LEAD_S, self.format.seconds(quiet)))

    def enter(self, session: Session, state: SessionState) -> None:
        """Change the state of a session, and report that."""
        session.enter(state)
        self._report(session)

    def set_names(self, session: Session, said: SessionNamed) -> None:
        """Store the ids that the service gave the session; the first value of each is kept."""
        before = session.session_id, session.request_id, session.support
        session.session_id = session.session_id or said.session_id
        session.request_id = session.request_id or said.request_id
        session.support = session.support or said.support
        if before != (session.session_id, session.request_id, session.support):
            self._report(session)

    def send_audio(self, session: Session, until: int, now_s: float, *, is_last: bool) -> None:
        """Send the audio before ``until`` as far as pace, window and budget allow.

        Only whole chunks are sent, unless ``is_last``: then the rest follows as a shorter one.
        """
        session.refill(now_s, self._catch_up(session))
        while session.cursor - session.confirmed < self._window:
            n_samples = min(self._chunk, until - session.cursor)
            if n_samples <= 0 or (n_samples < self._chunk and not is_last):
                return
            cost_s = self.format.seconds(n_samples)
            if self._must_wait(session, cost_s) or not self._may_send(session, cost_s):
                return
            self._send(session, n_samples, cost_s, now_s)

    def is_at_budget(self, session: Session) -> bool:
        """Whether the budget does not allow another chunk in this session."""
        return not self._may_send(session, self.format.seconds(self._chunk))

    def wait_for_credit_s(self, session: Session) -> float:
        """Seconds until the pace allows another chunk; 0 if it does now."""
        return session.credit_in_s(self.format.seconds(self._chunk), self._catch_up(session))

    def is_idle(self, session: Session, now_s: float) -> bool:
        """Whether nothing was sent for so long that the server would soon end the session."""
        return session.confirmed == session.cursor and now_s >= self.idle_at_s(session)

    def idle_at_s(self, session: Session) -> float:
        """When ``is_idle`` becomes true if nothing more is sent."""
        return session.last_sent_s + self.limits.idle_s * IDLE

    def finish(self, session: Session, now_s: float) -> None:
        """Half-close a session: no more audio is sent, and its results are still read."""
        self.enter(session, SessionState.FINISHING)
        session.last_sent_s = now_s
        self.effects.append(Finish(session.session_number, session.why_left))

    def send_silence(self, session: Session, n_samples: int, now_s: float) -> None:
        """Send ``n_samples`` of silence, so that the server keeps the session open."""
        session.insert_silence(n_samples)
        session.last_sent_s = now_s
        self.effects.append(SendSilence(session.session_number, n_samples))

    def drop(self, session: Session, problem: Problem | None = None) -> None:
        """Cancel a session."""
        self.effects.append(Drop(session.session_number))
        self.forget(session, problem)

    def forget(
        self, session: Session, problem: Problem | None, *, is_refused: bool = False
    ) -> None:
        """Remove a closed session, and count what it cost unless it was refused."""
        billed_s = self.spending.close_session(session, is_refused=is_refused)
        session.enter(SessionState.CLOSED)
        self._report(session, problem, billed_s)
        self.has_words = self.has_words or session.has_words
        del self.sessions[session.session_number]

    def schedule_retry(self, session: Session, problem: Problem | None, now_s: float) -> None:
        """Decide when to replace a session that ended too early, and raise the problem."""
        is_refused = problem is not None and problem.is_permanent
        is_limit = problem is None or problem.kind is Kind.LIMIT
        if problem is not None and is_refused and not session.has_progress:
            self.is_blocked = True
            self.watchdogs.raise_(Topic.LINK, problem)
        elif self._is_normal_end(session) and (is_limit or is_refused):
            self.retry_s = None
        else:
            is_free = session.opened_s is None
            self.backoff.n_vain += not is_free and not session.has_progress
            self.backoff.n_unsettled += not is_free and not self.has_settled_audio(session)
            said = self._problem_of(session, problem)
            least_s = self._least_wait_s(session, said, now_s)
            self.retry_s = now_s + self.backoff.next_wait_s(least_s, is_free=is_free)
            self.watchdogs.raise_(Topic.LINK, said, self.retry_s)

    def clear_if_well(self, session: Session) -> None:
        """Clear the connection problem if this session shows that the recogniser works."""
        if self.quota.is_well(session):
            self.clear_problem()

    def clear_problem(self) -> None:
        """Clear the connection problem, unless only the user can fix it."""
        if not self.is_blocked:
            self.watchdogs.clear(Topic.LINK)

    def has_settled_audio(self, session: Session) -> bool:
        """Whether it has settled at least ``SETTLED_S`` of audio."""
        return self.format.seconds(session.ack - session.first) >= SETTLED_S

    def _problem_of(self, session: Session, problem: Problem | None) -> Problem:
        """The problem to show for a session that was lost and will be replaced."""
        if problem is None:
            return WORDLESS if self.backoff.n_vain > 1 else CLOSED_EARLY
        if not problem.is_permanent:
            return problem
        hint = "Recording goes on; trying again."
        return replace(problem, title=BROKE_OFF, hint=hint, is_permanent=False)

    def _least_wait_s(self, session: Session, problem: Problem, now_s: float) -> float:
        """The shortest wait before the next session, in seconds."""
        least_s = OVERLOAD_S if problem.kind is Kind.SERVICE else 0.0
        if problem is NO_ENDING and not session.has_spoken:
            least_s = REST_S
        if session.opened_s is not None and self.limits.unit_s:
            is_network = problem.kind is Kind.NETWORK
            least_s = max(least_s, self.backoff.least_wait_s(is_network=is_network))
        n_unsettled = self.backoff.n_unsettled
        if self.is_urgent:
            return 0.0 if n_unsettled <= MOST_URGENT else min(least_s, REST_S)
        if not least_s:
            return 0.0
        is_pardoned = session.has_progress and n_unsettled <= MOST_EXEMPT
        if is_pardoned and now_s >= self._exempted_s + EXEMPT_S:
            self._exempted_s, least_s = now_s, 0.0
        return least_s

    def _is_normal_end(self, session: Session) -> bool:
        """Whether the session did enough for its end to be no sign of trouble."""
        is_silence = session.audio_s >= SILENT_SESSION_S and not self.quota.owes_words(session)
        return self.has_settled_audio(session) or is_silence

    @property
    def billed_s(self) -> int:
        """Billed seconds so far, those of open sessions included."""
        return self.spending.billed_s(self.sessions.values())

    def overdue(self, now_s: float) -> Iterator[tuple[Session, Problem]]:
        """Sessions that exceeded their deadline, each with the problem to report."""
        for session in list(self.sessions.values()):
            deadline = self.deadline(session)
            if deadline is not None and now_s >= deadline[0]:
                yield session, deadline[1]

    def deadline(self, session: Session) -> tuple[float, Problem] | None:
        """When to give a session up, and the problem to report then; None if nothing is due."""
        if session.state is SessionState.OPENING:
            return session.began_s + OPENING_S, NO_ANSWER
        if session.state is SessionState.FINISHING:
            silent_s = max(session.last_event_s, session.last_sent_s) + self.drain_s
            return min(silent_s, max(session.last_work_s, session.last_sent_s) + LATE_S), NO_ENDING
        return self.watchdogs.send_deadline(session.waiting_since_s)

    def _may_send(self, session: Session, cost_s: float) -> bool:
        return self.spending.may_send(session, cost_s, self.sessions.values())

    def _must_wait(self, session: Session, cost_s: float) -> bool:
        return session.credit_in_s(cost_s, self._catch_up(session)) > 0

    def _catch_up(self, session: Session) -> float:
        """How many times faster than real time it may be sent audio; 1 while it is unproven."""
        return min(self.limits.catch_up, 1.0 if self.quota.is_unproven(session) else float("inf"))

    def _send(self, session: Session, n_samples: int, cost_s: float, now_s: float) -> None:
        start = session.cursor
        session.cursor += n_samples
        session.credit_s -= cost_s
        session.last_sent_s = now_s
        if session.waiting_since_s is None:
            session.waiting_since_s = now_s
        if not any(self.quota.loudness.is_pause(it) for it in (start, session.cursor)):
            session.note_speech_sent(cost_s, now_s)
        elif not session.owes_answer:
            session.unanswered_since_s, session.unanswered_s = None, 0.0
        self.effects.append(Send(session.session_number, start, session.cursor))

    def _report(self, session: Session, problem: Problem | None = None, billed_s: int = 0) -> None:
        names = session.session_id, session.request_id
        support = session.support or (problem.support if problem else "")
        self.changes.append(
            SessionChanged(
                session.session_number, session.state, *names, problem, billed_s, support
            )
        )
