"""An output stream whose writers never block.

Text is queued in memory and written in order by a thread. Errors such as a full disk are retried;
when the reader has closed a pipe, ``on_gone`` is called once and the rest is dropped.
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
"""Interval between tries after an error."""
CHUNK_BYTES = 65_536
"""Most bytes per write."""
BEHIND_BYTES = 16_384
"""With more bytes than this waiting, partials are not worth writing."""


class NonBlockingStream:
    """Wraps standard output, standard error or a file; thread-safe."""

    def __init__(self, stream: TextIO) -> None:
        self.on_gone: Callable[[], object] = lambda: None
        """Called on the writing thread when the reader has gone."""
        self._stream = stream
        self._fd = _descriptor(stream)
        self._is_terminal = stream.isatty()
        self._changed = threading.Condition()
        self._waiting = b""
        self._is_gone = False
        self._trouble = ""
        self._thread: threading.Thread | None = None

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._is_terminal

    def fileno(self) -> int:
        """The file descriptor.

        Raises:
            OSError: the stream has none.
        """
        return self._stream.fileno()

    def write(self, text: str) -> None:
        """Queue text for writing; returns at once."""
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
        """Do nothing; the thread writes as soon as it can."""

    @property
    def is_behind(self) -> bool:
        """Whether the reader is slow or has stopped."""
        return len(self._waiting) > BEHIND_BYTES

    @property
    def problem(self) -> Problem | None:
        """Why text could not be written; None if it was, or the reader has gone."""
        if not self._trouble or not self._waiting:
            return None
        detail = f"{len(self._waiting)} bytes not written: {self._trouble}"
        hint = "The text is in the library: skdictate history export --last"
        return Problem(Kind.DISK, "Not all of the text could be written", detail, hint)

    def drain(self, patience_s: float) -> bool:
        """Wait up to ``patience_s`` seconds until all is written or fails; False if neither."""
        with self._changed:
            return self._changed.wait_for(self._is_settled, patience_s)

    def close(self) -> None:
        """Drop what is queued and stop; the wrapped stream stays open."""
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
                if self._is_gone:  # the wrapped stream may be closed already
                    break
                data = self._waiting[:CHUNK_BYTES]
            n_written, trouble = 0, ""
            try:
                n_written = self._put(data)
            except BlockingIOError:  # another process has made it non-blocking
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
        """Write some of the data; returns the number of bytes written."""
        if self._fd is not None:
            return os.write(self._fd, data)
        self._stream.write(data.decode(self._stream.encoding or "utf-8"))
        self._stream.flush()
        return len(data)


def are_one(first: TextIO, second: TextIO) -> bool:
    """Whether two streams go to the same terminal, pipe or file and so need one queue.

    ``/dev/tty`` counts as the process's controlling terminal.
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
    """Descriptor to write to directly; None if writes must go through the stream."""
    if os.name != "posix":  # the stream converts line ends there
        return None
    with suppress(OSError, ValueError):
        stream.flush()
        return stream.fileno()
    return None
