"""Where a text is put: a file, whole or not at all; or a stream, while it grows."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from skdictate.errors import Kind, Problem, ProblemError


def save(path: Path, text: str) -> None:
    """Write a file by way of another beside it, so that no moment sees half of it.

    Raises:
        ProblemError: the folder or the disk does not take it; an older file is untouched.
    """
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
        problem = Problem(
            Kind.DISK,
            "The text cannot be saved",
            f"{path}: {error.strerror}",
            "The library has it: skdictate history export",
        )
        raise ProblemError(problem) from error


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Standard output, or the file that was asked for.

    Raises:
        ProblemError: the file cannot be written.
    """
    if not path:
        yield sys.stdout
        return
    try:
        file = Path(path).expanduser().open("w", encoding="utf-8")
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        problem = Problem(Kind.DISK, "The output cannot be written", detail, is_permanent=True)
        raise ProblemError(problem) from error
    with file:
        yield file
