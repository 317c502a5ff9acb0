"""Reports that a person may send to the developers: text files, readable by this user alone."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from skdictate import __version__
from skdictate.errors import ProblemError
from skdictate.system import log_records
from skdictate.system.paths import FILE_MODE, Paths, private_folder

FOLDER = "reports"
KEPT = 20
"""Reports; older ones are removed."""


def write(what: str, lines: Iterable[str]) -> Path | None:
    """Write a new report: versions and the platform, ``lines``, and the newest records of the log.

    Args:
        what: the part of the program, or the reason, in words of ours.
        lines: what there is to say besides; without speech and keys.

    Returns:
        Where it is; None if no folder takes it.
    """
    data = "\n".join([*_head(what), *lines, *_events(), ""]).encode(errors="replace")
    for folder in _folders():
        with suppress(OSError, ProblemError, RuntimeError):
            path = _new(folder())
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            _remove_old(path.parent)
            return path
    return None


def _folders() -> Iterator[Callable[[], Path]]:
    yield lambda: private_folder(Paths.of().state / FOLDER)
    yield lambda: Path(tempfile.mkdtemp(prefix="skdictate-report-"))


def _new(folder: Path) -> Path:
    now = datetime.now(UTC)
    return folder / f"{now:%Y-%m-%d-%H%M%S-%f}-{os.getpid()}.txt"


def _remove_old(folder: Path) -> None:
    for path in sorted(folder.glob("*.txt"))[:-KEPT]:
        with suppress(OSError):
            path.unlink()


def _head(what: str) -> list[str]:
    return [
        f"skdictate {__version__}, {what}",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"names of files: {sys.getfilesystemencoding()},"
        f" standard output: {getattr(sys.stdout, 'encoding', None)}",
    ]


def _events() -> list[str]:
    lines = list(log_records.newest())
    return ["", "The last events:", *(lines or ["none"])]
