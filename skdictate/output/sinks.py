"""Where a text is put: a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

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
