"""Runs the core on an event loop, which gives it the time and wakes it at its deadlines.

The source, the sessions and the user's commands all reach the core through ``CoreDriver.call``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from skdictate.core.changes import Change
from skdictate.core.dictation import Dictation
from skdictate.core.effects import Effect
from skdictate.core.status import Status


class CoreDriver:
    """Calls the inputs of the core, and performs its effects and publishes its changes at once."""

    def __init__(
        self,
        dictation: Dictation,
        perform: Callable[[Effect], None],
        publish: Callable[[Change], None],
    ) -> None:
        self.dictation = dictation
        self._perform = perform
        self._publish = publish
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def call(self, what: Callable[..., None], *arguments: Any) -> None:
        """Call an input of ``dictation`` with the present time, and carry out its outputs.

        Args:
            what: a method of ``dictation`` whose last argument is ``now_s``.
            arguments: its other arguments.
        """
        loop = asyncio.get_running_loop()
        what(*arguments, loop.time())
        for effect in self.dictation.take_effects():
            self._perform(effect)
        for change in self.dictation.take_changes():
            self._publish(change)
        self.notify()
        self.close()
        deadline_s = self.dictation.next_deadline_s()
        if deadline_s is not None:
            self._timer = loop.call_at(deadline_s, self.call, self.dictation.tick)

    def notify(self) -> None:
        """Wake whoever waits in ``next_change``."""
        self._changed.set()

    async def next_change(self) -> None:
        """Wait for the next call of the core, or of ``notify``."""
        self._changed.clear()
        await self._changed.wait()

    def status(self) -> Status:
        """How the dictation stands now, for display."""
        return self.dictation.status(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Cancel the timer for the core's next deadline."""
        if self._timer is not None:
            self._timer.cancel()
