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
        obey: Callable[[Effect], None],
        say: Callable[[Change], None],
    ) -> None:
        self.dictation = dictation
        self._obey = obey
        self._say = say
        self._moved = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, what: Callable[..., None], *arguments: Any) -> None:
        """Call this input of the core with the time, and do what it answers."""
        loop = asyncio.get_running_loop()
        what(*arguments, loop.time())
        for effect in self.dictation.take_effects():
            self._obey(effect)
        for change in self.dictation.take_changes():
            self._say(change)
        self.move()
        self.close()
        deadline_s = self.dictation.next_deadline_s()
        if deadline_s is not None:
            self._timer = loop.call_at(deadline_s, self.tell, self.dictation.tick)

    def move(self) -> None:
        """Something has happened that somebody may wait for, though it is nothing to the core."""
        self._moved.set()

    async def next_move(self) -> None:
        """Wait until something has happened."""
        self._moved.clear()
        await self._moved.wait()

    def status(self) -> Status:
        """A snapshot for the gauges."""
        return self.dictation.status(asyncio.get_running_loop().time())

    def close(self) -> None:
        """Wake the core no more, until it is told something."""
        if self._timer is not None:
            self._timer.cancel()
