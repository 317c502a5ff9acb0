"""Where a link can be in its life, and which way it may go."""

from __future__ import annotations

from enum import StrEnum


class SessionState(StrEnum):
    """Where a link is in its life."""

    OPENING = "opening"
    OPEN = "open"
    FINISHING = "finishing"
    """Half-closed: it is sent nothing more, and still answers."""
    CLOSED = "closed"


LEGAL: dict[SessionState, frozenset[SessionState]] = {
    SessionState.OPENING: frozenset({SessionState.OPEN, SessionState.CLOSED}),
    SessionState.OPEN: frozenset({SessionState.FINISHING, SessionState.CLOSED}),
    SessionState.FINISHING: frozenset({SessionState.CLOSED}),
    SessionState.CLOSED: frozenset(),
}
