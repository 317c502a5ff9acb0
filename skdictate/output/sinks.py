"""Where a text is put: a file, whole or not at all; or a stream, while it grows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.output.replacement import Replacement, is_stream
from skdictate.system.paths import expanded


class Sink:
    """Where a text goes while it grows, and what becomes of it in the end."""

    def __init__(self, stream: TextIO, replacement: Replacement | None = None) -> None:
        self.stream = stream
        """Takes text."""
        self._replacement = replacement

    def put(self, text: str) -> None:
        """Write a text that is kept elsewhere: who reads it here may have had enough of it.

        Raises:
            ProblemError: the disk does not take it.
        """
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            _discard_rest(self.stream)
            if self._replacement is not None:
                self._replacement.drop(keeps_text=False)
            if not isinstance(error, BrokenPipeError):
                path = self._replacement.path if self._replacement is not None else None
                raise ProblemError(_unwritable(path, error)) from error

    def settle(self, *, is_complete: bool) -> str:
        """All is written. A file that is there already is replaced by a complete text alone.

        Returns:
            Where the text is, in a sentence, if it is not where it was asked for.

        Raises:
            ProblemError: the disk does not take it; an older file is untouched.
        """
        file = self._replacement
        if file is None:
            return ""
        is_written = bool(os.fstat(file.stream.fileno()).st_size)
        if not is_complete and (file.is_needed or not is_written):
            file.drop(keeps_text=True)
            where = f"{file.path} is as it was, for the new text is not complete"
            return f"{where}; what there is of it is in {file.part}" if is_written else ""
        try:
            file.commit()
        except OSError as error:
            hint = f"The text is in {file.part}"
            raise ProblemError(_unwritable(file.path, error, hint)) from error
        return ""


def save(path: Path, text: str) -> None:
    """Write a file by way of another beside it, so that no moment sees half of it.

    Raises:
        ProblemError: the folder or the disk does not take it; an older file is untouched.
    """
    file: Replacement | None = None
    try:
        if is_stream(path):
            path.write_text(text, encoding="utf-8")
            return
        file = Replacement(path)
        file.stream.write(text)
        file.commit()
    except OSError as error:
        if file is not None:
            file.drop(keeps_text=False)
        problem = Problem(
            Kind.DISK,
            "The text cannot be saved",
            f"{path}: {error.strerror}",
            "The library has it: skdictate history export",
        )
        raise ProblemError(problem) from error


@contextmanager
def opened(path: str) -> Iterator[Sink]:
    """Standard output, or the file that was asked for: one beside it until ``settle`` is called.

    Raises:
        ProblemError: the file cannot be written.
    """
    if not path:
        yield Sink(sys.stdout)
        return
    place = expanded(path)
    file: Replacement | None = None
    try:
        if is_stream(place):
            stream: TextIO = place.open("w", encoding="utf-8")
        else:
            file = Replacement(place)
            stream = file.stream
    except OSError as error:
        raise ProblemError(_unwritable(place, error)) from error
    try:
        yield Sink(stream, file)
    finally:
        if file is not None and not stream.closed:
            file.drop(keeps_text=True)
        with suppress(OSError):
            stream.close()


def _discard_rest(stream: TextIO) -> None:
    """What is still to be flushed goes nowhere, instead of failing once more at the end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _unwritable(path: Path | None, error: OSError, hint: str = "") -> Problem:
    """``path`` is None for standard output."""
    detail = f"{path or 'standard output'}: {error.strerror}"
    return Problem(Kind.DISK, "The output cannot be written", detail, hint, is_permanent=True)
