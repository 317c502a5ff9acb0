"""Limits how long to wait for an unreachable recogniser when all sound is already recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from skdictate.errors import Problem

UNREACHABLE_S = 60.0
"""Time without a recogniser after which to give up; the recording can be recognised later."""


class ReachLimit:
    """Follows the state of the connection, and calls back when waiting is useless."""

    def __init__(self, refused: Callable[[], None], given_up: Callable[[], None]) -> None:
        self._refused = refused
        """Called at a permanent problem."""
        self._given_up = given_up
        """Called after ``UNREACHABLE_S`` without a connection."""
        self._timer: asyncio.TimerHandle | None = None

    def failed(self, problem: Problem) -> None:
        """Note that the recogniser cannot be reached or refuses; starts the time limit."""
        if problem.is_permanent:
            self._refused()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(UNREACHABLE_S, self._given_up)

    def reached(self) -> None:
        """Note that the recogniser is reached, or no longer needed; ends the time limit."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
