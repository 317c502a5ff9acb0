"""Runs blocking calls on daemon threads, with a time limit.

The threads are daemons, so that the program can end although a call still hangs: a name server that
does not answer can block a call for minutes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def run_on_thread(function: Callable[[], T], limit_s: float) -> T:
    """Run a blocking function on a thread and return its result.

    Raises:
        TimeoutError: it took longer than ``limit_s`` seconds; the thread goes on in the background.
    """
    async with asyncio.timeout(limit_s):
        return await asyncio.wrap_future(_started(function))


def run_blocking(function: Callable[[], T], limit_s: float) -> T:
    """Run a function as ``run_on_thread`` does, for callers without an event loop."""
    return _started(function).result(limit_s)


def _started(function: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - passed on to the caller
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, name="bounded-call", daemon=True).start()
    return future
