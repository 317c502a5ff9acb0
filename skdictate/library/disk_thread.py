"""A thread for calls that a disk may keep waiting."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class DiskThread:
    """Does one call after the other. Its thread begins with the first, and is a daemon: a disk that
    never answers keeps no program from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call. Who stops waiting for it does not stop it."""
        return await self.submit(call)

    def submit(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """The same, for who wants to wait in another way."""
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
        """Do no more than what was asked for already."""
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
    """Pass on what came of a call, if anybody still waits for it."""

    def told() -> None:
        if not answer.done():
            say(what)

    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(told)
