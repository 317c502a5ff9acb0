"""Requests to end: which of several count."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from skdictate.errors import Exit
from skdictate.system.signals import signals

HUP, TERM, INT = signal.SIGHUP, signal.SIGTERM, signal.SIGINT


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((HUP, HUP), [Exit.HANGUP]),
        ((TERM, HUP), [Exit.TERMINATED]),
        ((HUP, TERM), [Exit.HANGUP, Exit.TERMINATED]),
        ((INT, INT), [Exit.INTERRUPTED, Exit.INTERRUPTED]),
    ],
    ids=str,
)
async def test_a_repeated_loss_of_the_terminal_is_no_further_request(
    sent: tuple[signal.Signals, ...], expected: list[Exit]
) -> None:
    requests: list[Exit] = []
    is_handled = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, is_handled.set)
    with signals(requests.append):
        for number in sent:
            is_handled.clear()
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), signal.SIGUSR1)  # the loop handles them in order
            await is_handled.wait()
    loop.remove_signal_handler(signal.SIGUSR1)
    assert requests == expected


async def test_a_lost_terminal_is_one_request_however_it_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests: list[Exit] = []
    has_looked = asyncio.Event()
    is_there = True

    def isatty(_fd: int) -> bool:
        if not is_there:
            has_looked.set()
        return is_there

    monkeypatch.setattr(os, "isatty", isatty)
    with signals(requests.append):
        is_there = False
        os.kill(os.getpid(), HUP)
        await has_looked.wait()
        await asyncio.sleep(0)
    assert requests == [Exit.HANGUP]
