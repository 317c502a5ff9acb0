"""Something that may hang, on a thread of its own, so that nobody has to wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
GRACE_S = 1.0
"""How long the end may take: that of children, and of the loop."""


class DaemonCall(threading.Thread, Generic[T]):
    """Runs a coroutine. The thread is given up if it does not end: a disk that is far away can
    stand still inside a system call, where nothing can be cancelled."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        super().__init__(name="check", daemon=True)
        self._work = work
        self._future: Future[T] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[T] | None = None

    def result(self, bound_s: float) -> T:
        """Run it, and wait for what it gives.

        Raises:
            TimeoutError: it was not done in time, and was cancelled.
        """
        self.start()
        try:
            return self._future.result(bound_s)
        finally:
            self._cancel()
            self.join(GRACE_S)

    def run(self) -> None:
        """On the thread."""
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: ``result`` raises it
            if not self._future.done():
                self._future.set_exception(error)

    async def _main(self) -> None:
        self._task = asyncio.ensure_future(self._work())
        self._loop = asyncio.get_running_loop()
        # Told from here, for the end of a loop waits for its threads, such as one that asks a name
        # server which does not answer.
        self._future.set_result(await self._task)

    def _cancel(self) -> None:
        """Let it end its children, if it still can."""
        if not self._future.done() and self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._task.cancel)
