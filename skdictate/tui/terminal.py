"""Handles a terminal that disappears or stops, so that the program can still end in good order."""

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
"""Resets the modes that Textual sets: mouse, paste and focus reports, keyboard protocol, in-band
resize reports, alternate screen, hidden cursor."""


class PatientWriter(_writer_thread.WriterThread):
    """Writer thread that drops output after the terminal has disappeared.

    Textual's own thread would end with the error, and the app would wait for it for ever.
    """

    def run(self) -> None:
        """Write queued text, and flush when the queue is empty."""
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
    """Make Textual's Linux driver use ``PatientWriter``; does nothing on Windows."""
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    setattr(linux_driver, "WriterThread", PatientWriter)  # noqa: B010 - not exported


def driver(*, reports_releases: bool) -> type[Driver] | None:
    """The driver class for the app; None on Windows, for Textual's own.

    Args:
        reports_releases: ask the terminal to report key releases.
    """
    if sys.platform == "win32":
        return None
    from skdictate.tui.terminal_driver import HoldDriver, TerminalDriver

    return HoldDriver if reports_releases else TerminalDriver


def is_gone() -> bool:
    """Whether the terminal is gone: its window was closed, or the connection was lost."""
    return not os.isatty(0)


def let_go() -> None:
    """Redirect standard output and error to the null device; writing would fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (1, 2):
        os.dup2(nowhere, fd)


def take_stdin() -> int:
    """Make the terminal standard input, so that keys come from it and sound from elsewhere.

    Returns:
        A descriptor of the former standard input.

    Raises:
        OSError: there is no terminal.
    """
    terminal = os.open("/dev/tty", os.O_RDWR)
    sound = os.dup(0)
    os.dup2(terminal, 0)
    os.close(terminal)
    return sound


def restore(before: Any) -> None:
    """Reset the terminal without blocking, in case Textual could not.

    Args:
        before: the result of ``attributes`` before the app started.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        fd = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        set_attributes(fd, before)
        os.write(fd, RESET.encode())
