"""Requests to end the program: signals, and a terminal that is gone; apart, since they mean the
same to every command."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress

from skdictate.errors import Exit

CODES = {
    "SIGINT": Exit.INTERRUPTED,
    "SIGTERM": Exit.TERMINATED,
    "SIGHUP": Exit.HANGUP,
}
"""What the program ends with after each; not every system has all of them."""
LOOK_S = 0.5
"""How often it is looked whether the terminal is still there."""


@contextmanager
def signals(handler: Callable[[Exit], None], names: Collection[str] = CODES) -> Iterator[None]:
    """While inside, a signal that would end the program is a request to end in good order.

    So is the loss of the terminal. The kernel sends SIGHUP for it to the leader of the session, as
    a rule a shell, and not every leader passes it on: ``su`` does not. Who was started with SIGHUP
    ignored, as by ``nohup``, outlives the terminal.

    A repeated signal may be a user who does not want to wait. A loss of the terminal never is: one
    loss is noticed several times, by the signals of the kernel and of the shell and by looking.
    So it counts only where nothing was requested before it.

    Args:
        handler: is told what to exit with, on the event loop.
        names: the signals; all others stay as they are.
    """
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []
    is_requested = False

    def request(code: Exit) -> None:
        nonlocal is_requested
        if code is not Exit.HANGUP or not is_requested:
            is_requested = True
            handler(code)

    watch = TerminalWatch(lambda: request(Exit.HANGUP))
    for name in names:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and is_hangup_ignored()):
            continue
        with suppress(NotImplementedError):  # a loop on Windows knows no signals
            loop.add_signal_handler(number, request, CODES[name])
            caught.append(number)
    if not is_hangup_ignored():
        watch.start(loop)
    try:
        yield
    finally:
        watch.stop()
        for number in caught:
            loop.remove_signal_handler(number)


def is_hangup_ignored() -> bool:
    """Whoever started this program wants it to outlive the terminal."""
    number = getattr(signal, "SIGHUP", None)
    return number is not None and signal.getsignal(number) is signal.SIG_IGN


class TerminalWatch:
    """Looks again and again whether the terminal of the standard streams is still there."""

    def __init__(self, on_gone: Callable[[], object]) -> None:
        """``on_gone`` is called once, on the event loop."""
        self._on_gone = on_gone
        self._fds = [fd for fd in (0, 1, 2) if os.isatty(fd)]
        self._handle: asyncio.Handle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on."""
        if self._fds:
            self._handle = loop.call_later(LOOK_S, self._look, loop)

    def stop(self) -> None:
        """Look no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if all(os.isatty(fd) for fd in self._fds):
            self.start(loop)
        else:  # every call on it fails with EIO
            self._on_gone()
