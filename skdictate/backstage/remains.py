"""What the disk has not taken yet of dictations that are over; apart, since it outlives them, and
may outlive their studio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from skdictate.backstage.news import Saved

if TYPE_CHECKING:
    from skdictate.library.base import Keeping

LET_GO_S = 1.0
"""At the end: how long a disk that does not answer is waited for."""


class Remains:
    """Saved as soon as the disk takes it, and that is told."""

    def __init__(self, tell: Callable[[Saved], None]) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def persist(self, group: asyncio.TaskGroup, keeper: Keeping) -> None:
        """Save what is left of one more."""
        task = group.create_task(self._persist(keeper))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Try no longer than a last time."""
        for task in self._tasks:
            task.cancel()

    async def _persist(self, keeper: Keeping) -> None:
        try:
            await keeper.persist()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LET_GO_S):
                    await keeper.let_go()
            raise
        self._tell(Saved(keeper.dictation_id))
