"""Signals that would end the program; apart, since they mean the same to every command."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from skdictate.errors import Exit

CODES = {
    "SIGINT": Exit.INTERRUPTED,
    "SIGTERM": Exit.TERMINATED,
    "SIGHUP": Exit.HANGUP,
}
"""What the program ends with after each; not every system has all of them."""


@contextmanager
def signals(handler: Callable[[Exit], None]) -> Iterator[None]:
    """While inside, a signal that would end the program is a request to end in good order."""
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []
    for name, code in CODES.items():
        number = getattr(signal, name, None)
        with suppress(NotImplementedError):  # a loop on Windows knows no signals
            if number is not None:
                loop.add_signal_handler(number, handler, code)
                caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
