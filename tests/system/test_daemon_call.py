"""What hangs is given up, in every way in which something can hang."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from skdictate.system.daemon_call import DaemonCall


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def refuse() -> int:
    raise LookupError("not here")


def test_what_it_gives_or_raises_comes_back() -> None:
    assert DaemonCall(answer).result(5) == 42
    with pytest.raises(LookupError, match="not here"):
        DaemonCall(refuse).result(5)


def test_what_waits_for_ever_is_cancelled_and_can_clean_up() -> None:
    is_clean = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            is_clean.set()

    with pytest.raises(TimeoutError):
        DaemonCall(wait).result(0.1)
    assert is_clean.is_set()


def test_what_cannot_be_cancelled_is_left_behind() -> None:
    released = threading.Event()

    async def block() -> None:
        released.wait(20)

    began_s = time.monotonic()
    work = DaemonCall(block)
    with pytest.raises(TimeoutError):
        work.result(0.1)
    assert time.monotonic() - began_s < 3
    released.set()
    work.join(5)
    assert not work.is_alive()
