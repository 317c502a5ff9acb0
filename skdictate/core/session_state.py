"""The states of a session, and the transitions between them."""

from __future__ import annotations

from enum import StrEnum


class SessionState(StrEnum):
    """The state of a session."""

    OPENING = "opening"
    OPEN = "open"
    FINISHING = "finishing"
    """Half-closed: no more audio is sent, and its results are still read."""
    CLOSED = "closed"


LEGAL: dict[SessionState, frozenset[SessionState]] = {
    SessionState.OPENING: frozenset({SessionState.OPEN, SessionState.CLOSED}),
    SessionState.OPEN: frozenset({SessionState.FINISHING, SessionState.CLOSED}),
    SessionState.FINISHING: frozenset({SessionState.CLOSED}),
    SessionState.CLOSED: frozenset(),
}
