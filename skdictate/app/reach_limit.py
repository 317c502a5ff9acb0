"""How long a recogniser that cannot be reached is waited for, where all that it should hear is
recorded: apart, since nobody should wait for that without end, with a screen or without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from skdictate.errors import Problem

UNREACHABLE_S = 60.0
"""Without a recogniser for this long it is given up: what is recorded can be recognised later."""


class ReachLimit:
    """Told how the link stands, it calls one of two when there is no use in waiting."""

    def __init__(self, refused: Callable[[], None], given_up: Callable[[], None]) -> None:
        self._refused = refused
        """No waiting would help."""
        self._given_up = given_up
        """It was waited for long enough."""
        self._timer: asyncio.TimerHandle | None = None

    def failed(self, problem: Problem) -> None:
        """The recogniser cannot be reached, or wants nothing of us."""
        if problem.is_permanent:
            self._refused()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(UNREACHABLE_S, self._given_up)

    def reached(self) -> None:
        """It is there, or need not be any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
