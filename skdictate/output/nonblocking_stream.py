"""A stream that may stand still, be full, or have nobody at its end: whoever writes does not wait.

What is written waits in memory, in order, and goes out on a thread of its own. A disk that is full
is tried again; a reader that has gone is told of once, and nothing more goes to it.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from skdictate.errors import Kind, Problem

RETRY_S = 1.0
"""Between two tries."""
BITE_BYTES = 65_536
BEHIND_BYTES = 16_384
"""With more than that waiting, what is worth nothing in a moment need not be written."""


class NonBlockingStream:
    """Around standard output, standard error, or a file. Any thread may call."""

    def __init__(self, stream: TextIO) -> None:
        self.on_gone: Callable[[], object] = lambda: None
        """Called on a thread when the reader has gone."""
        self._stream = stream
        self._fd = _descriptor(stream)
        self._is_terminal = stream.isatty()
        self._changed = threading.Condition()
        self._waiting = b""
        self._is_gone = False
        self._trouble = ""
        self._thread: threading.Thread | None = None

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._is_terminal

    def fileno(self) -> int:
        """Where it writes to.

        Raises:
            OSError: it has no descriptor.
        """
        return self._stream.fileno()

    def write(self, text: str) -> None:
        """Have this written, after all that was written before."""
        data = text.encode(self._stream.encoding or "utf-8", errors="replace")
        with self._changed:
            if not data or self._is_gone:
                return
            self._waiting += data
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="output", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """It is on its way."""

    @property
    def is_behind(self) -> bool:
        """Whoever reads is slow, or has stopped."""
        return len(self._waiting) > BEHIND_BYTES

    @property
    def problem(self) -> Problem | None:
        """Why something is not written; None if all is, or nobody wants it."""
        if not self._trouble or not self._waiting:
            return None
        detail = f"{len(self._waiting)} bytes are left: {self._trouble}"
        hint = "The library has it: skdictate history export --last"
        return Problem(Kind.DISK, "Not all of the text could be written", detail, hint)

    def drain(self, patience_s: float) -> bool:
        """Wait until all is written, or cannot be; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(self._is_settled, patience_s)

    def close(self) -> None:
        """Write nothing more; what it writes to may be closed by others."""
        with self._changed:
            self.on_gone = lambda: None
            self._is_gone, self._waiting = True, b""
            self._changed.notify_all()

    def _is_settled(self) -> bool:
        return not self._waiting or bool(self._trouble)

    def _work(self) -> None:
        while not self._is_gone:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_gone)
                data = self._waiting[:BITE_BYTES]
            n_written, trouble = 0, ""
            try:
                n_written = self._put(data)
            except BlockingIOError:  # somebody has set it so
                select.select([], [self._stream], [], RETRY_S)
            except OSError as error:
                trouble = error.strerror or str(error)
                is_hung_up = self._is_terminal and error.errno == errno.EIO
                if is_hung_up or isinstance(error, BrokenPipeError):
                    self._is_gone = True
            with self._changed:
                self._waiting = b"" if self._is_gone else self._waiting[n_written:]
                self._trouble = trouble
                self._changed.notify_all()
                if trouble and not self._is_gone:
                    self._changed.wait(RETRY_S)
        self.on_gone()

    def _put(self, data: bytes) -> int:
        """Write some of it; how much."""
        if self._fd is not None:
            return os.write(self._fd, data)
        self._stream.write(data.decode(self._stream.encoding or "utf-8"))
        self._stream.flush()
        return len(data)


def are_one(first: TextIO, second: TextIO) -> bool:
    """Whether both end in the same terminal, pipe or file, so that what goes there needs one order.

    ``/dev/tty`` is another name of the terminal that controls the process.
    """
    with suppress(OSError, ValueError):
        if os.name != "posix":
            return first.isatty() and second.isatty()
        fds = first.fileno(), second.fileno()
        if os.path.sameopenfile(*fds):
            return True
        if first.isatty() and second.isatty():
            devices = {os.fstat(fd).st_rdev for fd in fds}
            return len(devices) == 1 or all(os.tcgetpgrp(fd) for fd in fds)
    return False


def _descriptor(stream: TextIO) -> int | None:
    """Where the stream writes to; None if that is not for us to do."""
    if os.name != "posix":  # it would know nothing of the ends of lines
        return None
    with suppress(OSError, ValueError):
        stream.flush()
        return stream.fileno()
    return None
