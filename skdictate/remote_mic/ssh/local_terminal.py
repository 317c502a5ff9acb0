"""The user's terminal while a remote program draws on it.

``ssh`` passes that program's output on and puts the terminal into raw mode. If ``ssh`` or the
program ends abnormally, neither is undone; that is done here.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from skdictate.remote_mic.ssh.terminal_modes import TerminalModes

if sys.platform != "win32":
    import fcntl
    import struct
    import termios

IN, OUT = 0, 1
REPAINT_S = 0.25
"""Seconds between two window sizes that are reported to make the program repaint; ``ssh`` passes on
only the last of those that come at once."""


class LocalTerminal:
    """Standard input and output. Thread-safe."""

    def __init__(self) -> None:
        self.modes = TerminalModes()
        self._attributes = attributes(IN)
        """The settings of the shell."""
        self._raw: Any = None
        """The settings that ``ssh`` makes for the remote program."""
        self._lock = threading.RLock()
        self._is_closed = False

    def write(self, data: bytes) -> None:
        """Write output of the remote program."""
        with self._lock:
            if data and not self._is_closed:
                self.modes.feed(data)
                _put(OUT, data)

    def drawn(self) -> None:
        """The remote program has started: remember the settings that it needs."""
        self._raw = attributes(IN)

    def close(self) -> None:
        """Restore the terminal for good; later output is dropped."""
        with self._lock:
            if not self._is_closed:
                self._leave()
                self._is_closed = True

    def end_line(self) -> None:
        """Make sure that the next output starts a new line."""
        if not self.modes.is_at_line_start:
            _put(OUT, b"\r\n")

    def suspend(self, stop: Callable[[], object]) -> None:
        """Restore the terminal while ``stop`` stops this process; then take it again."""
        with self._lock:
            self._leave()
            stop()
            while not is_ours():  # continued in the background
                stop()
            self._enter()

    def resume(self) -> None:
        """Take the terminal again after another process stopped and continued this one."""
        if is_ours() and self._lock.acquire(blocking=False):  # otherwise ``suspend`` is waiting
            try:
                _put(OUT, self.modes.undo())
                self._enter()
            finally:
                self._lock.release()

    def repaint(self) -> None:
        """Make the remote program repaint, by reporting another window size and then the true one.

        An unchanged size would not be reported to it.
        """
        if sys.platform == "win32" or not self.modes.is_alternate:
            return
        with suppress(OSError):
            size = fcntl.ioctl(IN, termios.TIOCGWINSZ, bytes(8))
            rows, columns, width, height = struct.unpack("HHHH", size)
            other = rows - 1 if rows > 1 else rows + 1
            fcntl.ioctl(IN, termios.TIOCSWINSZ, struct.pack("HHHH", other, columns, width, height))
            time.sleep(REPAINT_S)
            now = fcntl.ioctl(IN, termios.TIOCGWINSZ, bytes(8))
            if struct.unpack("HHHH", now)[0] == other:  # otherwise the window itself was resized
                fcntl.ioctl(IN, termios.TIOCSWINSZ, size)

    def _leave(self) -> None:
        if not is_ours():
            return
        undo = self.modes.undo()
        _put(OUT, undo)
        set_attributes(IN, self._attributes, is_flushed=bool(undo))

    def _enter(self) -> None:
        if self._raw is not None:
            set_attributes(IN, self._raw)
        _put(OUT, self.modes.redo())


def attributes(fd: int) -> Any:
    """The settings of a terminal; None if it is not a terminal."""
    if sys.platform == "win32":
        return None
    try:
        return termios.tcgetattr(fd)
    except (termios.error, OSError):
        return None


def set_attributes(fd: int, wanted: Any, *, is_flushed: bool = False) -> None:
    """Change the settings of a terminal if they differ; with ``is_flushed``, drop pending input."""
    if sys.platform == "win32" or wanted is None:
        return
    with suppress(termios.error, OSError):
        if is_flushed:  # the shell would read mouse reports as keys
            termios.tcflush(fd, termios.TCIFLUSH)
        if termios.tcgetattr(fd) != wanted:
            termios.tcsetattr(fd, termios.TCSANOW, wanted)


def is_ours() -> bool:
    """Whether this process is in the foreground; others are stopped if they use the terminal."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(IN) == os.getpgrp()
    except OSError:  # not the controlling terminal, or the terminal is gone
        return True


@contextmanager
def kept_attributes(fd: int = IN) -> Iterator[None]:
    """Restore the settings afterwards, in case a program turns the echo off and is killed."""
    before = attributes(fd)
    try:
        yield
    finally:
        if is_ours():
            set_attributes(fd, before)


def stop_this_process() -> None:
    """Stop this process, and return when it is continued."""
    # Sent to this thread so that it stops here; after a signal to the process it could run on for a
    # moment.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _put(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(fd, rest) :]
