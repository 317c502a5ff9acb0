"""Where a link can be in its life, and which way it may go."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a link is in its life."""

    OPENING = "opening"
    OPEN = "open"
    FINISHING = "finishing"
    """Half-closed: it is sent nothing more, and still answers."""
    CLOSED = "closed"


LEGAL: dict[State, frozenset[State]] = {
    State.OPENING: frozenset({State.OPEN, State.CLOSED}),
    State.OPEN: frozenset({State.FINISHING, State.CLOSED}),
    State.FINISHING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}
