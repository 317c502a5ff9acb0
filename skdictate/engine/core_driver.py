"""The core on an event loop, which has the clock that the core lacks; apart, since sound, links and
the user's commands all speak to the core through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from skdictate.core.changes import Change
from skdictate.core.dictation import Dictation
from skdictate.core.effects import Effect
from skdictate.core.status import Status


class CoreDriver:
    """Told whatever happens; what the core answers is done at once, the effects first."""

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
        """Call this input of the core with the time, and do what it answers."""
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
        """Something has happened that somebody may wait for, though it is nothing to the core."""
        self._changed.set()

    async def next_change(self) -> None:
        """Wait until something has happened."""
        self._changed.clear()
        await self._changed.wait()

    def status(self) -> Status:
        """A snapshot for the gauges."""
        return self.dictation.status(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Wake the core no more, until it is told something."""
        if self._timer is not None:
            self._timer.cancel()
