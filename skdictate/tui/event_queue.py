"""Queue of events from the worker thread to the screen.

A terminal may be stopped for hours during a dictation, and the screen with it. Meanwhile the queue
keeps all text, and of other events only the newest of each kind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from skdictate.app.worker_events import Changed, WorkerEvent
from skdictate.core.changes import (
    LineSettled,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    SessionChanged,
    Settled,
)
from skdictate.system.coalescing_queue import CoalescingQueue


class EventQueue:
    """Thread-safe queue that wakes its reader once per batch."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        """Called by ``put`` for the first event since the queue was drained."""
        self._lock = threading.Lock()
        self._events: CoalescingQueue[WorkerEvent] = CoalescingQueue(_coalescing_key)
        self._is_woken = False

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: WorkerEvent) -> None:
        """Append an event; callable from any thread."""
        with self._lock:
            self._events.put(event)
            is_first, self._is_woken = not self._is_woken, True
        if is_first:
            self._wake()

    def drain(self) -> list[WorkerEvent]:
        """Remove and return all events, oldest first."""
        with self._lock:
            self._is_woken = False
            return self._events.drain()


def _coalescing_key(event: WorkerEvent) -> Hashable | None:
    """Key of events that replace older ones with the same key; None for one that stays."""
    match event:
        case Changed(PartialChanged()):
            return "guess"
        case Changed(ProblemRaised(topic) | ProblemCleared(topic)):
            return topic
        case Changed(SessionChanged() | LineSettled() | Settled() as change):  # not shown
            return type(change).__name__
    return None
