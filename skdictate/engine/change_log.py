"""What becomes of a dictation: stored first, told then; apart, since it alone decides when a change
may be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from skdictate.core.changes import (
    Change,
    Finished,
    GapMarked,
    Noticed,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    Topic,
)
from skdictate.errors import Problem
from skdictate.library.base import DictationStore
from skdictate.system.coalescing_queue import CoalescingQueue

SYNC_S = 0.5
"""How often the recording is made to outlive a power cut: it may cost a second of sound, and this
takes its time."""


class ChangeLog:
    """``run`` stores what was said and tells it; what the disk has to say is told as well."""

    def __init__(self, store: DictationStore, publish: Callable[[Change], None]) -> None:
        self.n_gaps = 0
        """That were told."""
        self._store = store
        self._publish = publish
        self._changes: CoalescingQueue[Change] = CoalescingQueue(_stands_for)
        self._changed = asyncio.Event()
        store.on_trouble = self._disk_said
        store.on_notice = lambda problem: self.publish(Noticed(problem))

    def publish(self, change: Change) -> None:
        """Have it told, after it is stored."""
        self._changes.put(change)
        self._changed.set()

    async def run(self) -> None:
        """Until the end of the dictation is told."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes = self._changes.take()
            await self._store.keep(changes)
            for change in changes:
                self.n_gaps += isinstance(change, GapMarked)
                self._publish(change)
            if Finished() in changes:
                return

    async def sync(self) -> None:
        """Make the recording outlive a power cut, as often as that should not cost more."""
        while True:
            await asyncio.sleep(SYNC_S)
            self._store.sync()

    def close(self) -> None:
        """Tell what came after the end: it is of the disk, and nothing to store."""
        for change in self._changes.take():
            self._publish(change)

    def _disk_said(self, problem: Problem | None) -> None:
        """What is wrong with the disk has changed."""
        topic = Topic.DISK
        self.publish(ProblemRaised(topic, problem) if problem else ProblemCleared(topic))


def _stands_for(change: Change) -> str | None:
    """Of guesses that wait to be told, the newest is enough."""
    return "guess" if isinstance(change, PartialChanged) else None
