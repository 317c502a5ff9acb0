"""Keeps trying to save dictations that are over but could not be saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from skdictate.app.worker_events import Saved

if TYPE_CHECKING:
    from skdictate.library.base import DictationStore

DISK_WAIT_S = 1.0
"""How long the end waits for a disk that does not answer."""


class UnsavedText:
    """Saves each dictation as soon as the disk accepts it, and sends ``Saved``."""

    def __init__(self, tell: Callable[[Saved], None]) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def persist(self, group: asyncio.TaskGroup, store: DictationStore) -> None:
        """Start saving the rest of a dictation."""
        task = group.create_task(self._persist(store))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End after a last try."""
        for task in self._tasks:
            task.cancel()

    async def _persist(self, store: DictationStore) -> None:
        try:
            await store.persist()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(DISK_WAIT_S):
                    await store.close_files()
            raise
        self._tell(Saved(store.dictation_id))
