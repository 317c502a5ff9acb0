"""The user's own terminal while a program of another machine draws on it.

``ssh`` passes that program's bytes on and puts the terminal into raw mode. Whoever ends without
putting things right, be it ``ssh`` or the program, leaves both behind; here both are taken back.
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
"""Between two sizes that a program is told so that it paints anew; ``ssh`` passes on the last of
those that come at once."""


class LocalTerminal:
    """Standard input and output. Any thread may call."""

    def __init__(self) -> None:
        self.modes = TerminalModes()
        self._attributes = attributes(IN)
        """As the shell has it."""
        self._raw: Any = None
        """As ``ssh`` has it for the program over there."""
        self._lock = threading.RLock()
        self._is_closed = False

    def write(self, data: bytes) -> None:
        """Pass on what the program over there has written."""
        with self._lock:
            if data and not self._is_closed:
                self.modes.feed(data)
                _put(OUT, data)

    def drawn(self) -> None:
        """The program over there has begun: from now on the terminal is as it needs it."""
        self._raw = attributes(IN)

    def close(self) -> None:
        """Give the terminal back, for good; nothing that comes later is shown."""
        with self._lock:
            if not self._is_closed:
                self._leave()
                self._is_closed = True

    def end_line(self) -> None:
        """See to it that what is written next begins a line."""
        if not self.modes.is_at_line_start:
            _put(OUT, b"\r\n")

    def suspend(self, stop: Callable[[], object]) -> None:
        """Give the terminal back while ``stop`` stops this process; then take it again."""
        with self._lock:
            self._leave()
            stop()
            while not is_ours():  # continued in the background
                stop()
            self._enter()

    def resume(self) -> None:
        """This process was stopped by somebody else, and was continued."""
        if is_ours() and self._lock.acquire(blocking=False):  # else it is ``suspend`` that waits
            try:
                _put(OUT, self.modes.undo())
                self._enter()
            finally:
                self._lock.release()

    def repaint(self) -> None:
        """Have the program over there paint anew: it is told another size, and then the true one.

        A size that stays the same is no news to the terminal there, and nobody would be told.
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
            if struct.unpack("HHHH", now)[0] == other:  # else the window itself was resized
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
    """How the driver of a terminal is set; None if it is none."""
    if sys.platform == "win32":
        return None
    try:
        return termios.tcgetattr(fd)
    except (termios.error, OSError):
        return None


def set_attributes(fd: int, wanted: Any, *, is_flushed: bool = False) -> None:
    """Set the driver of a terminal, if it is not so; perhaps drop what was typed until now."""
    if sys.platform == "win32" or wanted is None:
        return
    with suppress(termios.error, OSError):
        if is_flushed:  # reports of the mouse would be read as keys by the shell
            termios.tcflush(fd, termios.TCIFLUSH)
        if termios.tcgetattr(fd) != wanted:
            termios.tcsetattr(fd, termios.TCSANOW, wanted)


def is_ours() -> bool:
    """This process is in the foreground; who writes to or sets a terminal otherwise is stopped."""
    if sys.platform == "win32":
        return True
    try:
        return os.tcgetpgrp(IN) == os.getpgrp()
    except OSError:  # it is not the terminal that controls this process, or it is gone
        return True


@contextmanager
def kept_attributes(fd: int = IN) -> Iterator[None]:
    """While inside, another program may turn the echo off, and be killed before it is on again."""
    before = attributes(fd)
    try:
        yield
    finally:
        if is_ours():
            set_attributes(fd, before)


def stop_this_process() -> None:
    """Stop, and return when somebody has this process continue."""
    # Sent to this thread, so that it stops here; to the process, and it might go on for a moment.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _put(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(fd, rest) :]
