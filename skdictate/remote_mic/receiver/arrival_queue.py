"""What has come from a sender and waits to be taken: a little, since the rest can wait there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from skdictate.remote_mic.receiver.incoming_stream import Arrival
from skdictate.sources.base import Item

ROOM = 128
"""Frames; a sender has 25 on their way, and who sends more is not read."""
LOOK_S = 0.25


class ArrivalQueue:
    """A queue of what has come, and of what there is to say about it."""

    def __init__(self) -> None:
        self._waiting: deque[Arrival | Item] = deque()
        self._moved = asyncio.Event()
        self._taken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, arrival: Arrival) -> None:
        """This has come; what is empty makes the one before it longer."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, Arrival) and last.stream is arrival.stream and _is_empty(last, arrival):
            last.end = arrival.end
        else:
            self._waiting.append(arrival)
        self._moved.set()

    def say(self, item: Item) -> None:
        """This is to be said at this place."""
        self._waiting.append(item)
        self._moved.set()

    def wake(self) -> None:
        """Something else has happened."""
        self._moved.set()

    def take(self) -> Arrival | Item | None:
        """The next, if there is one."""
        return self._waiting.popleft() if self._waiting else None

    def took(self) -> None:
        """It is where it belongs."""
        self._taken.set()

    async def wait(self) -> None:
        """Until something moves, or it is time to look who is silent."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._moved.wait()

    async def room(self, is_needed: Callable[[], bool]) -> None:
        """Wait until there is room for more, or none is needed any more."""
        while len(self._waiting) > ROOM and is_needed():
            self._taken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._taken.wait()


def _is_empty(*arrivals: Arrival) -> bool:
    """Nothing of these goes to the recording."""
    return not any(arrival.items or arrival.mended for arrival in arrivals)
