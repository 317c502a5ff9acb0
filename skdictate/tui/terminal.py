"""The terminal may go away or stand still; neither may keep the program from ending well."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

from textual.driver import Driver
from textual.drivers import _writer_thread

from skdictate.remote_mic.ssh.local_terminal import set_attributes

RESET = (
    "\x1b[?2026l\x1b[?2048l\x1b[?1016l\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    "\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Undoes what the library does to a terminal: mouse, paste and focus reports, keyboard protocol,
sizes that the terminal tells by itself, alternate screen, hidden cursor."""


class PatientWriter(_writer_thread.WriterThread):
    """Writes until the terminal is gone; then what would be written is dropped.

    The library's own thread would die of the error, and the app would wait for it for ever.
    """

    def run(self) -> None:
        """Write what is queued, and flush when nothing more waits."""
        is_gone = False
        while (text := self._queue.get()) is not None:
            if is_gone:
                continue
            try:
                self._file.write(text)
                if self._queue.qsize() == 0:
                    self._file.flush()
            except (OSError, ValueError):
                is_gone = True
        with suppress(OSError, ValueError):
            self._file.flush()


def install() -> None:
    """Have the library's drivers use the patient writer; on Windows there is another driver."""
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    setattr(linux_driver, "WriterThread", PatientWriter)  # noqa: B010 - not exported


def driver(*, reports_releases: bool) -> type[Driver] | None:
    """A driver for the app; None for the library's own, on Windows."""
    if sys.platform == "win32":
        return None
    from skdictate.tui.terminal_driver import HoldDriver, TerminalDriver

    return HoldDriver if reports_releases else TerminalDriver


def is_gone() -> bool:
    """Nobody holds the other end any more: the window was closed, or the link to it was cut."""
    return not os.isatty(0)


def let_go() -> None:
    """Say nothing more: what is still buffered would fail on a terminal that is gone."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (1, 2):
        os.dup2(nowhere, fd)


def take_stdin() -> int:
    """Free standard input for sound: keys then come from the terminal itself.

    Returns:
        A descriptor of what standard input was.

    Raises:
        OSError: there is no terminal.
    """
    terminal = os.open("/dev/tty", os.O_RDWR)
    sound = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return sound


def restore(before: Any) -> None:
    """Give the terminal back by hand, where the library could not; waits for nothing.

    Args:
        before: what ``attributes`` said of it before the app took it.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        fd = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        set_attributes(fd, before)
        os.write(fd, RESET.encode())
