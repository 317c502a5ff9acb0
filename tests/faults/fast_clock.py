"""An event loop whose hours are short, and whose sockets are real.

While nothing happens the loop's clock runs many times faster than the clock on the wall; while
there is work to be done, or bytes come in, it runs as fast as that one. So waiting costs little,
and what the program and the sockets do takes no longer than it does: a machine that is busy makes a
test slow, and does not make it fail. Everything that asks the loop for the time (timers, ``sleep``,
``timeout``, the engine and the server of the rig) lives in that time; gRPC's own timers do not.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
STEP_S = 0.1
"""Time passes in steps of this at most, with a look at the sockets after each."""
SPEED = 40.0
LONGEST_S = 1.0
"""What is on its way for longer than this, on a wall's clock, will never arrive; usually."""


class _Hurried(selectors.DefaultSelector):
    """Waits on the wall's clock for what is due on the loop's."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        """What is ready; and time passes."""
        wait_s = STEP_S if timeout is None else min(max(timeout, 0.0), STEP_S)
        ready = super().select(wait_s / self._clock.speed)
        self._clock.passed(is_quiet=not ready and wait_s > 0)
        return ready


class Clock:
    """What time it is on the loop."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        """How many times faster it runs while nothing happens."""
        self.now_s = 1000.0
        self.is_under_way: Callable[[], bool] = lambda: False
        """Whether something is known to be on its way through threads and sockets: then it runs no
        faster than the wall's, for as long as that can take."""
        self.longest_s = LONGEST_S
        self._waited_s = 0.0
        self._wall_s = time.monotonic()

    def passed(self, *, is_quiet: bool) -> None:
        """Move on by what has passed on the wall."""
        wall_s = time.monotonic()
        elapsed_s, self._wall_s = wall_s - self._wall_s, wall_s
        self._waited_s = self._waited_s + elapsed_s if self.is_under_way() else 0.0
        is_waiting = 0 < self._waited_s < self.longest_s
        speed = self.speed if is_quiet and not is_waiting else 1.0
        self.now_s += min(elapsed_s * speed, STEP_S)

    def jump(self, seconds: float) -> None:
        """The machine was asleep, and its clock was not."""
        self.now_s += seconds


class FastLoop(asyncio.SelectorEventLoop):
    """``loop.clock`` is the time that everybody on it lives in."""

    def __init__(self, speed: float = SPEED) -> None:
        self.clock = Clock(speed)
        super().__init__(_Hurried(self.clock))

    def time(self) -> float:
        """The time for everybody on this loop, in seconds."""
        return self.clock.now_s


def run(task: Coroutine[Any, Any, T], *, speed: float = SPEED) -> T:
    """Run it in such a time, to its end."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed)) as runner:
        return runner.run(task)


def clock() -> Clock:
    """The clock of the loop that runs this."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FastLoop)
    return loop.clock
