"""The switchboard: opens, feeds, finishes and drops links."""

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
"""A link that is not open by then is given up."""
DRAIN_S = 10.0
"""A finished link that says nothing for this long is given up ..."""
LATE_S = 60.0
"""... and for this long, if it says that it works and gets nowhere, or if a whole session is worked
through only then."""
REST_S = 5.0
"""A recogniser that has said nothing in a whole session is left alone for this long at least ..."""
OVERLOAD_S = 1.0
"""... and for this long one that has trouble, or enough of us, as its own clients do."""
SETTLED_S = 1.0
"""A session that has answered for this much audio was of use ..."""
SILENT_SESSION_S = 10.0
"""... and so was one that had this much, if there was no speech in it."""
EXEMPT_S = 15.0
"""So seldom, at most, one that gave words and ended in trouble is followed at once; the service
bills one for so long ..."""
MOST_EXEMPT = 2
"""... and none after so many that settled nothing."""
MOST_URGENT = 3
"""Somebody who waits for the last words has so many in vain tried for them, and others seldom."""
WINDOW_S = 1.0
"""Audio that may be handed to the transport before it says that it took some."""

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
    "What it left out is sent again.",
)
CLOSED_EARLY = Problem(
    Kind.NETWORK,
    "The recogniser ended the session",
    "It gave no reason",
    "What it left out is sent again.",
)
WORDLESS = Problem(
    Kind.SERVICE,
    "The recogniser ends its sessions without a word",
    "It was sent sound, and gave neither text nor a reason",
    "Recording goes on; another session is tried, and each time later.",
)
BROKE_OFF = "The recogniser broke the connection"
"""One that has answered had nothing against who we are and what we asked for."""


@dataclass
class SessionPool:
    """All links of a dictation. Spans point to their link; a link outlives its span while it
    may still refine a line."""

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
    """The recogniser tells where each word is; learnt from any link."""
    drain_s: float = DRAIN_S
    """How long a finished link may say nothing."""
    sessions: dict[int, Session] = field(default_factory=dict)
    n_sessions: int = 0
    retry_s: float | None = None
    """No link is opened before this time."""
    is_blocked: bool = False
    """No link is opened until a person has mended something."""
    is_urgent: bool = False
    """The dictation is over, and its last words are waited for."""
    _exempted_s: float = float("-inf")

    def __post_init__(self) -> None:
        self._chunk = self.format.samples_of_ms(self.chunk_ms)
        self._window = max(self._chunk, self.format.samples(WINDOW_S))

    def may_open(self, now_s: float) -> bool:
        """Whether a new link may be tried now."""
        is_time = self.retry_s is None or now_s >= self.retry_s
        return is_time and not self.is_blocked and self.has_room()

    @property
    def open_at_s(self) -> float | None:
        """When a new link may be tried, if time is all that stands in the way."""
        return self.retry_s if self.has_room() else None

    def has_room(self) -> bool:
        """Whether the recogniser is trusted with one more session, and there is money for it."""
        if not self.spending.may_open(self.sessions.values()):
            return False
        return self.quota.has_room(self.sessions.values(), is_urgent=self.is_urgent)

    def retry_now(self) -> None:
        """Somebody waits for the rest: try at once, and do not spare the recogniser."""
        self.is_urgent = True
        self.retry_s = None

    def check_budget(self) -> None:
        """Open none any more, if there is no money left for one."""
        if not self.is_blocked and self.spending.is_used_up(self.sessions.values()):
            self.is_blocked = True
            self.watchdogs.raise_(Topic.LINK, self.spending.problem)

    def open(self, span: Span, now_s: float) -> None:
        """Give a span a link; it listens from where nothing is settled yet."""
        self.retry_s = None
        span.session = self.open_beside(span, now_s)

    def open_beside(self, span: Span, now_s: float) -> Session:
        """A link that hears the same as a new link of that span would, and is not its link."""
        self.n_sessions += 1
        session = Session(self.n_sessions, self.format, span.listens_from, now_s)
        session.has_words = self.has_words
        self.sessions[session.session_number] = session
        self.effects.append(Open(session.session_number))
        self._report(session)
        return session

    def opened(self, session: Session, until: int, now_s: float) -> None:
        """The recogniser accepted it; ``until``: samples captured."""
        self.enter(session, SessionState.OPEN)
        quiet = self.quota.loudness.quiet_samples(session.first, until)
        at_once_s = BURST_S if self.quota.is_unproven(session) else AT_ONCE_S
        session.opened(now_s, at_once_s + min(LEAD_S, self.format.seconds(quiet)))

    def enter(self, session: Session, state: SessionState) -> None:
        """Move a link on and say so."""
        session.enter(state)
        self._report(session)

    def set_names(self, session: Session, said: SessionNamed) -> None:
        """The recogniser named the session; each name once, whatever it says later."""
        before = session.session_id, session.request_id, session.support
        session.session_id = session.session_id or said.session_id
        session.request_id = session.request_id or said.request_id
        session.support = session.support or said.support
        if before != (session.session_id, session.request_id, session.support):
            self._report(session)

    def send_audio(self, session: Session, until: int, now_s: float, *, is_last: bool) -> None:
        """Hand the link what it may have before ``until``, in whole chunks unless ``is_last``."""
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
        """There is no money left to send it another chunk."""
        return not self._may_send(session, self.format.seconds(self._chunk))

    def wait_for_credit_s(self, session: Session) -> float:
        """How long until a chunk may be handed out, as far as pace alone decides."""
        return session.credit_in_s(self.format.seconds(self._chunk), self._catch_up(session))

    def is_idle(self, session: Session, now_s: float) -> bool:
        """Nothing was sent for so long that the server would soon end the session."""
        return session.confirmed == session.cursor and now_s >= self.idle_at_s(session)

    def idle_at_s(self, session: Session) -> float:
        """When ``is_idle`` will be true if nothing more is sent."""
        return session.last_sent_s + self.limits.idle_s * IDLE

    def finish(self, session: Session, now_s: float) -> None:
        """Half-close; its answers are still read."""
        self.enter(session, SessionState.FINISHING)
        session.last_sent_s = now_s
        self.effects.append(Finish(session.session_number))

    def send_silence(self, session: Session, n_samples: int, now_s: float) -> None:
        """Send silence, so that the server does not end the session."""
        session.insert_silence(n_samples)
        session.last_sent_s = now_s
        self.effects.append(SendSilence(session.session_number, n_samples))

    def drop(self, session: Session, problem: Problem | None = None) -> None:
        """Cancel a link."""
        self.effects.append(Drop(session.session_number))
        self.forget(session, problem)

    def forget(
        self, session: Session, problem: Problem | None, *, is_refused: bool = False
    ) -> None:
        """A link is gone: pay for it, unless it was refused."""
        billed_s = self.spending.close_session(session, is_refused=is_refused)
        session.enter(SessionState.CLOSED)
        self._report(session, problem, billed_s)
        self.has_words = self.has_words or session.has_words
        del self.sessions[session.session_number]

    def schedule_retry(self, session: Session, problem: Problem | None, now_s: float) -> None:
        """A link was lost before its time: when to try again, and what to say."""
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
        """It has said something: whether that shows that all is well again."""
        if self.quota.is_well(session):
            self.clear_problem()

    def clear_problem(self) -> None:
        """The recogniser works; unless there is something to be mended by a person."""
        if not self.is_blocked:
            self.watchdogs.clear(Topic.LINK)

    def has_settled_audio(self, session: Session) -> bool:
        """It has answered for some of its audio."""
        return self.format.seconds(session.ack - session.first) >= SETTLED_S

    def _problem_of(self, session: Session, problem: Problem | None) -> Problem:
        """What is said of a session that was lost, and is followed by another."""
        if problem is None:
            return WORDLESS if self.backoff.n_vain > 1 else CLOSED_EARLY
        if not problem.is_permanent:
            return problem
        hint = "Recording goes on; trying again."
        return replace(problem, title=BROKE_OFF, hint=hint, is_permanent=False)

    def _least_wait_s(self, session: Session, problem: Problem, now_s: float) -> float:
        """How long the recogniser is left alone, at least."""
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
        """It was of use, so that its end is no sign of trouble."""
        is_silence = session.audio_s >= SILENT_SESSION_S and not self.quota.owes_words(session)
        return self.has_settled_audio(session) or is_silence

    @property
    def billed_s(self) -> int:
        """What the service bills so far, open sessions included."""
        return self.spending.billed_s(self.sessions.values())

    def overdue(self, now_s: float) -> Iterator[tuple[Session, Problem]]:
        """Links that have kept us waiting too long, and the problem with each."""
        for session in list(self.sessions.values()):
            deadline = self.deadline(session)
            if deadline is not None and now_s >= deadline[0]:
                yield session, deadline[1]

    def deadline(self, session: Session) -> tuple[float, Problem] | None:
        """How long this link is waited for at most, and the problem when the time is up."""
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
        """How fast it may be sent the past; no faster than live before it is known to be well."""
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
