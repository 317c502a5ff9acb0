"""Where the log goes if the user asks for one: a file, or standard error. Off by default.

A thread of its own writes: a disk or a terminal that stands still must not hold up a dictation.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.system import boundary
from skdictate.system.log_records import PROGRAM, NoSecrets, line_of
from skdictate.system.paths import FILE_MODE, expanded, refuse_links_of_others

WAITING = 2_000
"""Lines that wait to be written; while there are so many, more are dropped."""
MOST_BYTES = 20_000_000
"""What one run adds to a file: somebody who connects again and again must not fill the disk."""
CLOSE_S = 1.0
"""At the end, what takes the lines is waited for this long."""
FULL = "the log has had 20 MB in this run, and ends here"


@contextmanager
def written(file: str, *, is_verbose: bool, is_on_screen: bool) -> Iterator[None]:
    """While inside, events are written.

    Args:
        file: what they are added to; nothing for no file.
        is_verbose: details, too; and all of it on standard error, unless a screen is there.
        is_on_screen: the terminal shows a screen that lines would spoil.

    Raises:
        ProblemError: the file cannot be had, or there is no place for the details.
    """
    if is_verbose and is_on_screen and not file:
        raise ProblemError(_nowhere())
    takers: list[Callable[[str], None]] = []
    if file:  # left open to the end, for a thread that a disk holds up
        takers.append(_File(expanded(file)).add)
    if is_verbose and not is_on_screen:
        takers.append(boundary.say)
    logger = logging.getLogger(PROGRAM)
    level = logging.DEBUG if is_verbose else logging.INFO
    before = logger.level
    output = _Output(takers, level)
    logger.setLevel(level)
    logger.addHandler(output)
    try:
        yield
    finally:
        logger.removeHandler(output)
        logger.setLevel(before)
        output.end()


class _Output(logging.Handler):
    """Hands lines to a thread that writes them."""

    def __init__(self, takers: list[Callable[[str], None]], level: int) -> None:
        super().__init__(level)
        self.addFilter(NoSecrets())
        self._takers = takers
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have it written, if there is room."""
        with suppress(queue.Full):
            self._lines.put_nowait(line_of(record))

    def end(self) -> None:
        """Write what waits, if that takes no longer than it should."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=CLOSE_S)
        self._thread.join(CLOSE_S)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            for taker in self._takers:
                taker(line)


class _File:
    """A file of this user alone, which is added to: a log is of use beside the one before it."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            ProblemError: it is no plain file of this user, or cannot be written.
        """
        self._path = path
        self._n_bytes = 0
        self._is_over = False
        try:
            self._fd = _opened(path)
        except OSError as error:
            raise ProblemError(_unusable(path, error)) from error

    def add(self, line: str) -> None:
        """Add a line; what goes wrong ends the log alone, and is said once."""
        if self._is_over:
            return
        data = f"{line}\n".encode(errors="replace")
        self._n_bytes += len(data)
        try:
            if self._n_bytes > MOST_BYTES:
                self._is_over, data = True, f"{FULL}\n".encode()
            os.write(self._fd, data)
        except OSError as error:
            self._is_over = True
            boundary.say(str(_unusable(self._path, error)))


def _opened(path: Path) -> int:
    """A new file, or an old one of this user; no link, no pipe and no other name of another file.

    Others can read it no more.
    """
    refuse_links_of_others(path.absolute().parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags, FILE_MODE)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, and no file")
        if os.name == "posix":
            if about.st_uid != os.geteuid() or about.st_nlink != 1:
                raise PermissionError(errno.EPERM, "it is not a file of yours under one name")
            os.fchmod(descriptor, FILE_MODE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _unusable(path: Path, error: OSError) -> Problem:
    is_link = error.errno == errno.ELOOP
    words = "it is a link" if is_link else error.strerror
    title = "The log cannot be written"
    hint = "Name another file with --log-file."
    return Problem(Kind.DISK, title, f"{path}: {words}", hint, is_permanent=True)


def _nowhere() -> Problem:
    detail = "The screen would be in its way"
    hint = "Name a file for it with --log-file FILE."
    title = "There is no place for --verbose"
    return Problem(Kind.USAGE, title, detail, hint, is_permanent=True)
