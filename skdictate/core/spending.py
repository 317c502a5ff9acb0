"""What sessions cost, and whether another one may be opened.

The service bills from a session's first message, in units, and does not bill what it refuses. So a
session counts from when it was accepted: it has said something, or has taken sound for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skdictate.core.limits import Limits
from skdictate.core.session import Session
from skdictate.errors import Kind, Problem

TAKEN_S = 1.0
"""A refusal comes at once: a session that still takes sound after this was accepted, it seems."""


@dataclass(slots=True)
class Spending:
    """Counts billed seconds, against a budget if there is one."""

    limits: Limits
    budget_s: float = float("inf")
    option: str = "--budget-s"
    """Where the budget comes from."""
    _closed_s: int = 0

    def close_session(self, session: Session, *, is_refused: bool) -> int:
        """A session is over, or nobody was reached; what it has cost."""
        if session.opened_s is None or is_refused:
            return 0
        billed_s = self.limits.billed_s(session.audio_s)
        self._closed_s += billed_s
        return billed_s

    def billed_s(self, sessions: Iterable[Session]) -> int:
        """What the service bills so far; ``sessions``: those that are not closed."""
        return self._closed_s + sum(
            self.limits.billed_s(session.audio_s) for session in sessions if is_accepted(session)
        )

    def is_used_up(self, sessions: Iterable[Session]) -> bool:
        """Another session would cost more than there is left."""
        return self._is_limited and self.billed_s(sessions) + self.limits.unit_s > self.budget_s

    def may_open(self, sessions: Iterable[Session]) -> bool:
        """The same, should those be accepted that have not answered yet."""
        return (
            not self._is_limited or self._at_stake_s(sessions) + self.limits.unit_s <= self.budget_s
        )

    def may_send(self, session: Session, audio_s: float, sessions: Iterable[Session]) -> bool:
        """Whether an open session may be sent so much more."""
        if not self._is_limited:
            return True
        now_s, then_s = (self.limits.billed_s(session.audio_s + it) for it in (0.0, audio_s))
        return now_s == then_s or self._at_stake_s(sessions) - now_s + then_s <= self.budget_s

    @property
    def problem(self) -> Problem:
        """Why no session is opened."""
        return Problem(
            Kind.LIMIT,
            "The budget is used up",
            f"{self.option} leaves {self.budget_s:g} s to this dictation, and another session costs"
            f" {self.limits.unit_s} s",
            "Recording goes on; to recognise it later: skdictate history redo",
            is_permanent=True,
        )

    @property
    def _is_limited(self) -> bool:
        """There is a budget; most have none, and this is asked for each chunk of sound."""
        return self.budget_s < float("inf")

    def _at_stake_s(self, sessions: Iterable[Session]) -> int:
        return self._closed_s + sum(self.limits.billed_s(session.audio_s) for session in sessions)


def is_accepted(session: Session) -> bool:
    """The recogniser took it, as far as that is known."""
    if session.opened_s is None:
        return False
    return session.has_spoken or session.last_sent_s >= session.opened_s + TAKEN_S
