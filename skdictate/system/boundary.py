"""The edge of the program: no error leaves it as anything but a sentence and an exit code.

What nobody foresaw is a sentence too, with a file that may be sent to the developers.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from skdictate.errors import Exit, ProblemError
from skdictate.system import log_records, standard_streams

WRITE_ERRORS = (OSError, ValueError)
_told: dict[str, str] = {}
"""What was said of each mistake already: it may happen again and again."""
_sayers: list[Callable[[str], None]] = [standard_streams.say]
"""Who says what happened beside the main line; the last one does."""


def run(command: Callable[[], int], where: str) -> int:
    """Run all of a program.

    Args:
        command: gives the exit code.
        where: what it is, for a report, in words of ours.

    Returns:
        The exit code; ``Exit.INTERNAL`` after an error that nobody foresaw.
    """
    guard(where)
    try:
        code = command()
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(bool(leave.code))
    except BaseException as error:  # noqa: BLE001 - the edge of the program
        code = _ended_by(error, where)
    return _flushed(code)


def guard(where: str) -> None:
    """From now on an error of a thread, a task or a destructor is a report and a sentence.

    The newest records of the log are kept from now on, for such a report.
    """
    log_records.remember()
    sys.excepthook = lambda _kind, error, _trace: _say_once(error, where)
    threading.excepthook = lambda args: _say_once(args.exc_value, f"{where}, a thread")
    sys.unraisablehook = lambda args: _say_once(args.exc_value, f"{where}, a clean-up")
    logging.lastResort = _Logged(where)


def told(error: BaseException, where: str) -> str:
    """Write a report of an error that nobody foresaw; what to say about it."""
    from skdictate.system import crash_report  # loaded when the first mistake is made

    mistake = crash_report.place_of(error)
    if mistake not in _told:
        path = None
        with suppress(Exception):  # there may be no memory, no file and no folder left
            path = crash_report.write(error, where)
        report = "and no report of it could be written."
        if path is not None:
            report = f"a report of it, without speech and keys, for its developers is {path}"
        _told[mistake] = f"A mistake in this program ({type(error).__name__}); {report}"
    return _told[mistake]


def say(words: str) -> None:
    """A line for the user, said by whoever has the terminal at the moment; on any thread."""
    _sayers[-1](words)


def _say_once(error: BaseException | None, where: str) -> None:
    """Say what has happened beside the main line, which goes on."""
    if error is None or isinstance(error, (KeyboardInterrupt, SystemExit)):
        return
    n_told = len(_told)
    words = told(error, where)
    if len(_told) > n_told:
        say(words)


@contextmanager
def saying(say: Callable[[str], None]) -> Iterator[None]:
    """While inside, this says what happens beside the main line: another has the terminal."""
    _sayers.append(say)
    try:
        yield
    finally:
        _sayers.remove(say)


def _ended_by(error: BaseException, where: str) -> int:
    """Say what ended the program; its exit code."""
    leaves = list(_leaves(error))
    if any(isinstance(it, KeyboardInterrupt) for it in leaves):
        return Exit.INTERRUPTED
    if all(isinstance(it, BrokenPipeError) for it in leaves):
        return Exit.DONE  # a reader like head has had enough
    foreseen = [it for it in leaves if isinstance(it, ProblemError)]
    others = [it for it in leaves if not (isinstance(it, ProblemError) or _is_cancelled(it))]
    if foreseen and not others:
        problem = foreseen[0].problem
        standard_streams.say(str(problem))
        return problem.exit_code
    standard_streams.say(told(error, where))
    return Exit.INTERNAL


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors of a group, or the one that there is."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for it in error.exceptions for leaf in _leaves(it)]
    return [error]


def _is_cancelled(error: BaseException) -> bool:
    """A task that was cancelled since another one failed; told without loading asyncio."""
    return type(error).__name__ == "CancelledError"


def _flushed(code: int) -> int:
    """See to it that standard output was written; the exit code that this leaves."""
    try:
        sys.stdout.flush()
    except ProblemError as error:
        _discard_output()
        if code != Exit.DISK:  # else it was said
            standard_streams.say(str(error.problem))
        return code or Exit.DISK
    except WRITE_ERRORS:  # a reader like head has had enough
        _discard_output()
    return code


def _discard_output() -> None:
    """What is still in the buffer would fail once more when the interpreter ends."""
    with suppress(*WRITE_ERRORS):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


class _Logged(logging.Handler):
    """What libraries log, where nobody has asked to read it: only an error matters, as a report."""

    def __init__(self, where: str) -> None:
        super().__init__(logging.ERROR)
        self._where = where

    def emit(self, record: logging.LogRecord) -> None:
        """Something was logged."""
        if record.exc_info:
            _say_once(record.exc_info[1], f"{self._where}, logged by {record.name}")
