"""Destinations of a text: a file, which is replaced as a whole, or a stream."""

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
    """The destination of a text that is still growing."""

    def __init__(self, stream: TextIO, replacement: Replacement | None = None) -> None:
        self.stream = stream
        """Where to write the text."""
        self._replacement = replacement

    def put(self, text: str) -> None:
        """Write a text that is stored elsewhere, too; a reader that closes the pipe is no error.

        Raises:
            ProblemError: it cannot be written.
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
        """Finish after everything was written.

        Args:
            is_complete: whether the text is complete; only then an existing file is replaced.

        Returns:
            A sentence that says where the text is, if it is not in the requested file.

        Raises:
            ProblemError: the file cannot be written; an existing one is unchanged.
        """
        file = self._replacement
        if file is None:
            return ""
        is_written = bool(os.fstat(file.stream.fileno()).st_size)
        if not is_complete and (file.is_needed or not is_written):
            file.drop(keeps_text=True)
            where = f"{file.path} was not replaced because the new text is incomplete"
            return f"{where}; the incomplete text is in {file.part}" if is_written else ""
        try:
            file.commit()
        except OSError as error:
            hint = f"The text is in {file.part}"
            raise ProblemError(_unwritable(file.path, error, hint)) from error
        return ""


def save(path: Path, text: str) -> None:
    """Write a file atomically; a pipe or device is written to directly.

    Raises:
        ProblemError: it cannot be written; an existing file is unchanged.
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
            "The text is in the library: skdictate history export",
        )
        raise ProblemError(problem) from error


@contextmanager
def opened(path: str) -> Iterator[Sink]:
    """Open standard output if ``path`` is empty, else a file that ``settle`` will replace.

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
    """Redirect the stream to the null device, so that buffered text does not fail again at exit."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _unwritable(path: Path | None, error: OSError, hint: str = "") -> Problem:
    """The problem that a file, or standard output if ``path`` is None, cannot be written."""
    detail = f"{path or 'standard output'}: {error.strerror}"
    return Problem(Kind.DISK, "The output cannot be written", detail, hint, is_permanent=True)
