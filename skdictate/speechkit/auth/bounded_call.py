"""Calls that may take long, beside the event loop and bounded.

On threads that nobody waits for at the end of the program: a name server that does not answer
keeps a call for minutes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def aside(function: Callable[[], T], limit_s: float) -> T:
    """What the function returns.

    Raises:
        TimeoutError: it has not returned in time; it is left alone.
    """
    async with asyncio.timeout(limit_s):
        return await asyncio.wrap_future(_started(function))


def bounded(function: Callable[[], T], limit_s: float) -> T:
    """The same for those who have no event loop."""
    return _started(function).result(limit_s)


def _started(function: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: who waits is told
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, name="aside", daemon=True).start()
    return future
