"""The switchboard: opens, feeds, finishes and drops links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from skdictate.core.audio import Format
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Change, LinkChanged, Topic
from skdictate.core.effects import Drop, Effect, Finish, Open, Send, SendSilence
from skdictate.core.events import Session
from skdictate.core.limits import IDLE, Limits
from skdictate.core.link import AT_ONCE_S, BURST_S, LEAD_S, Link
from skdictate.core.span import Span
from skdictate.core.spending import Spending
from skdictate.core.state import State
from skdictate.core.trust import Trust
from skdictate.core.watch import Watch
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
USED_S = 1.0
"""A session that has answered for this much audio was of use ..."""
WORN_S = 10.0
"""... and so was one that had this much, if there was no speech in it."""
PARDON_S = 15.0
"""So seldom, at most, one that gave words and ended in trouble is followed at once; the service
bills one for so long ..."""
PARDONED = 2
"""... and none after so many that settled nothing."""
HURRIED = 3
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
BROKE_OFF = "The recogniser broke off"
"""One that has answered had nothing against who we are and what we asked for."""


@dataclass
class Exchange:
    """All links of a dictation. Spans point to their link; a link outlives its span while it
    may still refine a line."""

    format: Format
    limits: Limits
    backoff: Backoff
    watch: Watch
    effects: list[Effect]
    changes: list[Change]
    chunk_ms: int
    trust: Trust
    spending: Spending
    has_words: bool = False
    """The recogniser tells where each word is; learnt from any link."""
    drain_s: float = DRAIN_S
    """How long a finished link may say nothing."""
    links: dict[int, Link] = field(default_factory=dict)
    n_links: int = 0
    retry_s: float | None = None
    """No link is opened before this time."""
    is_blocked: bool = False
    """No link is opened until a person has mended something."""
    is_urgent: bool = False
    """The dictation is over, and its last words are waited for."""
    _pardoned_s: float = float("-inf")

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
        if not self.spending.may_open(self.links.values()):
            return False
        return self.trust.has_room(self.links.values(), is_urgent=self.is_urgent)

    def hurry(self) -> None:
        """Somebody waits for the rest: try at once, and do not spare the recogniser."""
        self.is_urgent = True
        self.retry_s = None

    def mind_budget(self) -> None:
        """Open none any more, if there is no money left for one."""
        if not self.is_blocked and self.spending.is_used_up(self.links.values()):
            self.is_blocked = True
            self.watch.raise_(Topic.LINK, self.spending.problem)

    def open(self, span: Span, now_s: float) -> None:
        """Give a span a link; it listens from where nothing is settled yet."""
        self.retry_s = None
        span.link = self.open_beside(span, now_s)

    def open_beside(self, span: Span, now_s: float) -> Link:
        """A link that hears the same as a new link of that span would, and is not its link."""
        self.n_links += 1
        link = Link(self.n_links, self.format, span.listens_from, now_s)
        link.has_words = self.has_words
        self.links[link.link_id] = link
        self.effects.append(Open(link.link_id))
        self._tell(link)
        return link

    def opened(self, link: Link, until: int, now_s: float) -> None:
        """The recogniser accepted it; ``until``: samples captured."""
        self.enter(link, State.OPEN)
        quiet = self.trust.loudness.quiet_samples(link.first, until)
        at_once_s = BURST_S if self.trust.is_doubted(link) else AT_ONCE_S
        link.opened(now_s, at_once_s + min(LEAD_S, self.format.seconds(quiet)))

    def enter(self, link: Link, state: State) -> None:
        """Move a link on and say so."""
        link.enter(state)
        self._tell(link)

    def introduce(self, link: Link, said: Session) -> None:
        """The recogniser named the session; each name once, whatever it says later."""
        before = link.session_id, link.request_id, link.support
        link.session_id = link.session_id or said.session_id
        link.request_id = link.request_id or said.request_id
        link.support = link.support or said.support
        if before != (link.session_id, link.request_id, link.support):
            self._tell(link)

    def hand_out(self, link: Link, until: int, now_s: float, *, is_last: bool) -> None:
        """Hand the link what it may have before ``until``, in whole chunks unless ``is_last``."""
        link.refill(now_s, self._catch_up(link))
        while link.cursor - link.confirmed < self._window:
            n_samples = min(self._chunk, until - link.cursor)
            if n_samples <= 0 or (n_samples < self._chunk and not is_last):
                return
            cost_s = self.format.seconds(n_samples)
            if self._must_wait(link, cost_s) or not self._may_send(link, cost_s):
                return
            self._send(link, n_samples, cost_s, now_s)

    def is_at_budget(self, link: Link) -> bool:
        """There is no money left to send it another chunk."""
        return not self._may_send(link, self.format.seconds(self._chunk))

    def wait_for_credit_s(self, link: Link) -> float:
        """How long until a chunk may be handed out, as far as pace alone decides."""
        return link.credit_in_s(self.format.seconds(self._chunk), self._catch_up(link))

    def is_idle(self, link: Link, now_s: float) -> bool:
        """Nothing was sent for so long that the server would soon end the session."""
        return link.confirmed == link.cursor and now_s >= self.idle_at_s(link)

    def idle_at_s(self, link: Link) -> float:
        """When ``is_idle`` will be true if nothing more is sent."""
        return link.last_sent_s + self.limits.idle_s * IDLE

    def finish(self, link: Link, now_s: float) -> None:
        """Half-close; its answers are still read."""
        self.enter(link, State.FINISHING)
        link.last_sent_s = now_s
        self.effects.append(Finish(link.link_id))

    def keep(self, link: Link, n_samples: int, now_s: float) -> None:
        """Send silence, so that the server does not end the session."""
        link.insert(n_samples)
        link.last_sent_s = now_s
        self.effects.append(SendSilence(link.link_id, n_samples))

    def drop(self, link: Link, problem: Problem | None = None) -> None:
        """Cancel a link."""
        self.effects.append(Drop(link.link_id))
        self.forget(link, problem)

    def forget(self, link: Link, problem: Problem | None, *, is_refused: bool = False) -> None:
        """A link is gone: pay for it, unless it was refused."""
        billed_s = self.spending.closed(link, is_refused=is_refused)
        link.enter(State.CLOSED)
        self._tell(link, problem, billed_s)
        self.has_words = self.has_words or link.has_words
        del self.links[link.link_id]

    def broke(self, link: Link, problem: Problem | None, now_s: float) -> None:
        """A link was lost before its time: when to try again, and what to say."""
        is_refused = problem is not None and problem.is_permanent
        is_limit = problem is None or problem.kind is Kind.LIMIT
        if problem is not None and is_refused and not link.has_progress:
            self.is_blocked = True
            self.watch.raise_(Topic.LINK, problem)
        elif self._is_worn(link) and (is_limit or is_refused):
            self.retry_s = None
        else:
            is_free = link.opened_s is None
            self.backoff.n_vain += not is_free and not link.has_progress
            self.backoff.n_unsettled += not is_free and not self.is_used(link)
            said = self._said(link, problem)
            least_s = self._least_s(link, said, now_s)
            self.retry_s = now_s + self.backoff.failed(least_s, is_free=is_free)
            self.watch.raise_(Topic.LINK, said, self.retry_s)

    def judge(self, link: Link) -> None:
        """It has said something: whether that shows that all is well again."""
        if self.trust.is_well(link):
            self.cleared()

    def cleared(self) -> None:
        """The recogniser works; unless there is something to be mended by a person."""
        if not self.is_blocked:
            self.watch.clear(Topic.LINK)

    def is_used(self, link: Link) -> bool:
        """It has answered for some of its audio."""
        return self.format.seconds(link.ack - link.first) >= USED_S

    def _said(self, link: Link, problem: Problem | None) -> Problem:
        """What is said of a session that was lost, and is followed by another."""
        if problem is None:
            return WORDLESS if self.backoff.n_vain > 1 else CLOSED_EARLY
        if not problem.is_permanent:
            return problem
        hint = "Recording goes on; trying again."
        return replace(problem, title=BROKE_OFF, hint=hint, is_permanent=False)

    def _least_s(self, link: Link, problem: Problem, now_s: float) -> float:
        """How long the recogniser is left alone, at least."""
        least_s = OVERLOAD_S if problem.kind is Kind.SERVICE else 0.0
        if problem is NO_ENDING and not link.has_spoken:
            least_s = REST_S
        if link.opened_s is not None and self.limits.unit_s:
            is_network = problem.kind is Kind.NETWORK
            least_s = max(least_s, self.backoff.dear_s(is_network=is_network))
        n_unsettled = self.backoff.n_unsettled
        if self.is_urgent:
            return 0.0 if n_unsettled <= HURRIED else min(least_s, REST_S)
        if not least_s:
            return 0.0
        is_pardoned = link.has_progress and n_unsettled <= PARDONED
        if is_pardoned and now_s >= self._pardoned_s + PARDON_S:
            self._pardoned_s, least_s = now_s, 0.0
        return least_s

    def _is_worn(self, link: Link) -> bool:
        """It was of use, so that its end is no sign of trouble."""
        is_silence = link.audio_s >= WORN_S and not self.trust.owes_words(link)
        return self.is_used(link) or is_silence

    @property
    def billed_s(self) -> int:
        """What the service bills so far, open sessions included."""
        return self.spending.billed_s(self.links.values())

    def overdue(self, now_s: float) -> Iterator[tuple[Link, Problem]]:
        """Links that have kept us waiting too long, and the problem with each."""
        for link in list(self.links.values()):
            deadline = self.patience(link)
            if deadline is not None and now_s >= deadline[0]:
                yield link, deadline[1]

    def patience(self, link: Link) -> tuple[float, Problem] | None:
        """How long this link is waited for at most, and the problem when the time is up."""
        if link.state is State.OPENING:
            return link.began_s + OPENING_S, NO_ANSWER
        if link.state is State.FINISHING:
            silent_s = max(link.last_heard_s, link.last_sent_s) + self.drain_s
            return min(silent_s, max(link.last_told_s, link.last_sent_s) + LATE_S), NO_ENDING
        return self.watch.patience(link.waiting_since_s)

    def _may_send(self, link: Link, cost_s: float) -> bool:
        return self.spending.may_send(link, cost_s, self.links.values())

    def _must_wait(self, link: Link, cost_s: float) -> bool:
        return link.credit_in_s(cost_s, self._catch_up(link)) > 0

    def _catch_up(self, link: Link) -> float:
        """How fast it may be sent the past; no faster than live before it is known to be well."""
        return min(self.limits.catch_up, 1.0 if self.trust.is_doubted(link) else float("inf"))

    def _send(self, link: Link, n_samples: int, cost_s: float, now_s: float) -> None:
        start = link.cursor
        link.cursor += n_samples
        link.credit_s -= cost_s
        link.last_sent_s = now_s
        if link.waiting_since_s is None:
            link.waiting_since_s = now_s
        if not any(self.trust.loudness.is_pause(it) for it in (start, link.cursor)):
            link.ask(cost_s, now_s)
        elif not link.is_asked:
            link.asked_since_s, link.asked_s = None, 0.0
        self.effects.append(Send(link.link_id, start, link.cursor))

    def _tell(self, link: Link, problem: Problem | None = None, billed_s: int = 0) -> None:
        names = link.session_id, link.request_id
        support = link.support or (problem.support if problem else "")
        self.changes.append(
            LinkChanged(link.link_id, link.state, *names, problem, billed_s, support)
        )
