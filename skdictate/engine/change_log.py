"""Stores each change of a dictation and then publishes it.

A module of its own, since it alone decides when a change may be seen: never before it is stored.
"""

from __future__ import annotations

import asyncio
import time
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
from skdictate.engine.event_log import log_change
from skdictate.errors import Problem
from skdictate.library.base import DictationStore
from skdictate.system.coalescing_queue import CoalescingQueue

SYNC_S = 0.5
"""Seconds between two syncs of the recording. A power cut then costs at most a second of sound;
syncing more often would keep the disk busy."""


class ChangeLog:
    """Queues changes; ``run`` stores and publishes them. Problems of the disk are published, too.

    Of partials that wait to be stored, only the newest is kept.
    """

    def __init__(self, store: DictationStore, publish: Callable[[Change], None]) -> None:
        self.n_gaps = 0
        """Gaps published so far."""
        self._store = store
        self._publish = publish
        self._changes: CoalescingQueue[Change] = CoalescingQueue(_stands_for)
        self._changed = asyncio.Event()
        store.on_trouble = self._disk_said
        store.on_notice = lambda problem: self.publish(Noticed(problem))

    def publish(self, change: Change) -> None:
        """Queue a change, to be published after it is stored."""
        log_change(change, time.monotonic())
        self._changes.put(change)
        self._changed.set()

    async def run(self) -> None:
        """Store and publish changes until ``Finished`` is published."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes = self._changes.drain()
            await self._store.store(changes)
            for change in changes:
                self.n_gaps += isinstance(change, GapMarked)
                self._publish(change)
            if Finished() in changes:
                return

    async def sync(self) -> None:
        """Sync the recording every ``SYNC_S`` seconds, until cancelled."""
        while True:
            await asyncio.sleep(SYNC_S)
            self._store.sync()

    def close(self) -> None:
        """Publish what was queued after ``Finished``: problems of the disk, never stored."""
        for change in self._changes.drain():
            self._publish(change)

    def _disk_said(self, problem: Problem | None) -> None:
        """Publish that the problem of the disk has changed; None: it is gone."""
        topic = Topic.DISK
        self.publish(ProblemRaised(topic, problem) if problem else ProblemCleared(topic))


def _stands_for(change: Change) -> str | None:
    """The key by which a newer change replaces a waiting one; None if it never does."""
    return "guess" if isinstance(change, PartialChanged) else None
