"""Standard input, output and error where some of them are closed.

A closed descriptor is given to whatever is opened next, a database for example, and then native
code that prints writes into that. So each has its place filled before anything else is opened.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.text.clean_text import clean

NAMES = ("stdin", "stdout", "stderr")
TERMINAL = "/dev/tty"
closed: set[int] = set()
"""The descriptors that were closed when the program was started."""


def complete() -> None:
    """Put the null device in the place of each that is closed; to be called before all else."""
    for fd, name in enumerate(NAMES):
        if getattr(sys, name) is None:
            closed.add(fd)
            _fill(fd, os.devnull)
            _replace(fd, _opened(fd))


def check_input() -> None:
    """See to it that standard input may bring something.

    Raises:
        ProblemError: it is closed.
    """
    if 0 in closed:
        raise ProblemError(
            Problem(
                Kind.USAGE,
                "There is nothing on standard input",
                "It is closed",
                "Pipe something into this command, or take it from elsewhere.",
                is_permanent=True,
            )
        )


class Output(io.TextIOWrapper):
    """Standard output whose failures are problems; that the reader has gone is none."""

    def write(self, text: str) -> int:
        """Take a text.

        Raises:
            ProblemError: the disk or the device does not.
            BrokenPipeError: nobody reads any more.
        """
        with _told():
            return super().write(text)

    def flush(self) -> None:
        """Have all of it written; raises as ``write``."""
        with _told():
            super().flush()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        detail = f"standard output: {error.strerror}"
        raise ProblemError(Problem(Kind.DISK, "The output cannot be written", detail)) from error


def take_output() -> None:
    """Failures of standard output are problems from now on, and letters that the locale does not
    have are written as ``?``."""
    if type(sys.stdout) is not io.TextIOWrapper:  # a test has put something else there
        return
    was, encoding = sys.stdout, sys.stdout.encoding
    is_at_once = was.line_buffering, was.write_through
    taken = Output(was.detach(), encoding, "replace", None, *is_at_once)
    _replace(1, taken)


def to_terminal() -> None:
    """For a program with a screen: the terminal itself, in the place of what is closed, and of
    output that goes elsewhere, where nobody would see the screen.

    Raises:
        OSError: there is no terminal.
    """
    for fd in sorted(closed):
        _fill(fd, TERMINAL)
    for fd in (1, 2):
        stream = getattr(sys, f"__{NAMES[fd]}__")
        if not stream.isatty():
            setattr(sys, f"__{NAMES[fd]}__", open(TERMINAL, "w"))  # noqa: PTH123, SIM115


def say(words: str) -> None:
    """A line on standard error, if that takes one: nothing that is said ends what is done."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"skdictate: {clean(words)}\n")
        sys.stderr.flush()


def _fill(fd: int, path: str) -> None:
    """Open a path under this number, for children too."""
    flags = os.O_RDWR if path == TERMINAL else (os.O_RDONLY if fd == 0 else os.O_WRONLY)
    opened = os.open(path, flags)
    if opened == fd:
        os.set_inheritable(fd, True)
        return
    os.dup2(opened, fd)
    os.close(opened)


def _opened(fd: int) -> TextIO:
    mode = "r" if fd == 0 else "w"
    return cast(TextIO, open(fd, mode, closefd=False, errors="replace"))


def _replace(fd: int, stream: TextIO) -> None:
    setattr(sys, NAMES[fd], stream)
    setattr(sys, f"__{NAMES[fd]}__", stream)
