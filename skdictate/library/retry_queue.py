"""Writes jobs in order on a thread of its own, and retries those that fail.

Callers wait for their job only while the disk works. A disk that refuses a job or stalls is a
problem until it has taken everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.disk_thread import DiskThread

STALL_S = 1.5
"""A job that takes longer than this raises ``STALLED``, and callers wait for it no longer."""
RETRY_S = 1.0
"""Seconds between two tries."""

STALLED = Problem(Kind.DISK, "The disk does not answer", "It is slow, or busy with something else")


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to write."""

    write: Callable[[], None]
    """Called on the thread; raises ``ProblemError`` if the disk refuses."""
    done: Callable[[], None]
    """Called on the event loop once the job is written."""
    refused: Callable[[], None] = lambda: None
    """Called on the event loop each time the job is refused."""


class RetryQueue:
    """Runs the jobs that ``next_job`` returns: None if there is none, the same after a refusal."""

    def __init__(
        self, name: str, next_job: Callable[[], Job | None], stall_s: float = STALL_S
    ) -> None:
        self.problem: Problem | None = None
        """Why the disk does not take the present job; None if it does."""
        self.on_trouble: Callable[[], None] = lambda: None
        """Called when ``problem`` has changed."""
        self.worker = DiskThread(name)
        self._stall_s = stall_s
        self._next_job = next_job
        self._notified = asyncio.Event()
        self._retry_wanted = asyncio.Event()
        self._progressed = asyncio.Event()
        self._is_idle = False
        self._n_refused = 0

    def notify(self) -> None:
        """Look for a job: ``next_job`` may return one now."""
        self._notified.set()

    def retry_now(self) -> None:
        """Retry a refused job now, without waiting."""
        self._retry_wanted.set()

    async def until(self, is_done: Callable[[], bool]) -> None:
        """Wait until ``is_done`` returns true, or there is a problem."""
        while not is_done() and self.problem is None:
            await self._progress()

    async def finish(self) -> None:
        """Wait until there is no job left, or one more try is refused."""
        n_refused = self._n_refused
        self._is_idle = False
        self.notify()
        self.retry_now()
        while not self._is_idle and self._n_refused == n_refused:
            await self._progress()

    async def run(self) -> None:
        """Write jobs until cancelled; may be run again after that."""
        while True:
            self._notified.clear()
            job = self._next_job()
            if job is None:
                self._is_idle = True
                self._set_problem(None)
                await self._notified.wait()
                continue
            self._is_idle = False
            try:
                await self._do(job)
            except ProblemError as error:
                self._n_refused += 1
                job.refused()
                self._set_problem(error.problem)
                await self._wait_to_retry()
            else:
                job.done()
                self._notify_progress()

    async def _do(self, job: Job) -> None:
        """Write a job on the thread, and raise ``STALLED`` if that takes too long."""
        loop = asyncio.get_running_loop()
        began_s = time.monotonic()  # the disk's time, whatever the loop's clock
        answer = self.worker.submit(job.write)

        def look() -> None:
            left_s = began_s + self._stall_s - time.monotonic()
            if left_s > 0:
                timers.append(loop.call_later(left_s, look))
            elif self.problem is None and not answer.done():
                self._set_problem(STALLED)

        timers = [loop.call_later(self._stall_s, look)]
        try:
            await answer
        finally:
            timers[-1].cancel()

    async def _wait_to_retry(self) -> None:
        """Wait ``RETRY_S``, or until ``retry_now``."""
        self._retry_wanted.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._retry_wanted.wait()

    def _set_problem(self, problem: Problem | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self.on_trouble()
        self._notify_progress()

    def _notify_progress(self) -> None:
        self._progressed.set()

    async def _progress(self) -> None:
        self._progressed.clear()
        await self._progressed.wait()
