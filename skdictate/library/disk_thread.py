"""A thread for calls that may block on a disk."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class DiskThread:
    """Runs calls one after the other on a thread that starts with the first.

    The thread is a daemon, so that a disk that never answers does not keep the program running.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call and return its result, or raise its exception.

        Cancelling the wait does not cancel the call.
        """
        return await self.submit(call)

    def submit(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Queue a call; its result or exception is set on the future that is returned."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def answered() -> None:
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - the edge of a thread: it is the caller's
                _tell(loop, answer, answer.set_exception, error)
            else:
                _tell(loop, answer, answer.set_result, result)

        self._begin(answered)
        return answer

    def close(self) -> None:
        """End the thread after the calls that are queued."""
        self._calls.put(None)

    def _begin(self, call: Callable[[], None]) -> None:
        self._calls.put(call)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _tell(
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[Any],
    say: Callable[[Any], None],
    what: object,
) -> None:
    """Set the outcome of a call on its loop, if its future is still pending."""

    def told() -> None:
        if not answer.done():
            say(what)

    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(told)
