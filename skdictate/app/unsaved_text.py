"""What the disk has not taken yet of dictations that are over; apart, since it outlives them, and
may outlive their studio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from skdictate.app.worker_events import Saved

if TYPE_CHECKING:
    from skdictate.library.base import DictationStore

LET_GO_S = 1.0
"""At the end: how long a disk that does not answer is waited for."""


class UnsavedText:
    """Saved as soon as the disk takes it, and that is told."""

    def __init__(self, tell: Callable[[Saved], None]) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def persist(self, group: asyncio.TaskGroup, store: DictationStore) -> None:
        """Save what is left of one more."""
        task = group.create_task(self._persist(store))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Try no longer than a last time."""
        for task in self._tasks:
            task.cancel()

    async def _persist(self, store: DictationStore) -> None:
        try:
            await store.persist()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LET_GO_S):
                    await store.close_files()
            raise
        self._tell(Saved(store.dictation_id))
