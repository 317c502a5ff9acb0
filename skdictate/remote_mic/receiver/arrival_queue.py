"""A short queue of what a sender has sent and the engine has not taken; the rest waits there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from skdictate.remote_mic.receiver.incoming_stream import Arrival
from skdictate.sources.base import Item

ROOM = 128
"""Frames. A sender has 25 in flight; one that sends more is not read meanwhile."""
LOOK_S = 0.25


class ArrivalQueue:
    """A queue of arrivals and of events between them."""

    def __init__(self) -> None:
        self._waiting: deque[Arrival | Item] = deque()
        self._moved = asyncio.Event()
        self._taken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, arrival: Arrival) -> None:
        """Append an arrival; one without content only extends the one before it."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, Arrival) and last.stream is arrival.stream and _is_empty(last, arrival):
            last.end = arrival.end
        else:
            self._waiting.append(arrival)
        self._moved.set()

    def say(self, item: Item) -> None:
        """Append an event."""
        self._waiting.append(item)
        self._moved.set()

    def wake(self) -> None:
        """Wake the reader for a change elsewhere."""
        self._moved.set()

    def take(self) -> Arrival | Item | None:
        """Remove and return the next entry; None if there is none."""
        return self._waiting.popleft() if self._waiting else None

    def took(self) -> None:
        """Note that an entry was recorded, so that there is room again."""
        self._taken.set()

    async def wait(self) -> None:
        """Wait for a change, or at most until it is time to check for silence."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._moved.wait()

    async def room(self, is_needed: Callable[[], bool]) -> None:
        """Wait until there is room, or ``is_needed`` says that none is needed."""
        while len(self._waiting) > ROOM and is_needed():
            self._taken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._taken.wait()


def _is_empty(*arrivals: Arrival) -> bool:
    """Whether these arrivals have nothing for the recording."""
    return not any(arrival.items or arrival.mended for arrival in arrivals)
