"""Between the dictation's thread and the screen: news waits here until the screen has time.

A terminal may stand still for hours, and the screen with it, while somebody dictates. Then what
waits is the text, and of the rest only how things stand.
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
    """Filled by any thread; emptied by the one that is rung for."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        """Called when something comes and nobody was called since the last time it was emptied."""
        self._lock = threading.Lock()
        self._news: CoalescingQueue[WorkerEvent] = CoalescingQueue(_stands_for)
        self._is_rung = False

    def __len__(self) -> int:
        return len(self._news)

    def put(self, news: WorkerEvent) -> None:
        """Something is new."""
        with self._lock:
            self._news.put(news)
            is_first, self._is_rung = not self._is_rung, True
        if is_first:
            self._ring()

    def take(self) -> list[WorkerEvent]:
        """All that is there, in order."""
        with self._lock:
            self._is_rung = False
            return self._news.take()


def _stands_for(news: WorkerEvent) -> Hashable | None:
    """News that makes older news of its kind worthless."""
    match news:
        case Changed(PartialChanged()):
            return "guess"
        case Changed(ProblemRaised(topic) | ProblemCleared(topic)):
            return topic
        case Changed(SessionChanged() | LineSettled() | Settled() as change):  # nothing to be seen
            return type(change).__name__
    return None
