"""A library that is damaged is set aside, and what can still be read of it goes into a new one.

It is renamed and never removed. What another instance has open stays open there; it finds out that
another library has taken the place, and moves.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library import copy_rows
from skdictate.library.library import BUSY_S, Library
from skdictate.library.open_lock import replacing
from skdictate.library.storage_problems import is_damage, translated
from skdictate.system.paths import is_there, sync_folder

SUFFIXES = ("-wal", "-shm", "")
"""Of the files that are one library. The journal goes first: it must not meet another library."""


def opened(
    path: Path,
    busy_s: float = BUSY_S,
    tell: Callable[[Problem], None] = lambda problem: None,
) -> Library:
    """The library; where it is damaged, a new one, and that is told.

    Raises:
        ProblemError: the disk does not allow it, or the library is from a newer version.
    """
    _take_up(path)
    try:
        return Library(path, busy_s)
    except ProblemError as error:
        if not is_damage(error):
            raise
    return renewed(path, busy_s, tell)


@contextmanager
def used(path: Path) -> Iterator[Library]:
    """The library, for a moment; what is done to it inside may find it damaged.

    Raises:
        ProblemError: it was damaged, and another one is in its place; or as ``opened``.
    """
    notices: list[Problem] = []
    library = opened(path, tell=notices.append)
    try:
        for problem in notices:
            raise ProblemError(problem)
        yield library
    except ProblemError as error:
        if not is_damage(error):
            raise
        renewed(path, BUSY_S, notices.append).close()
        raise ProblemError(notices[0] if notices else error.problem) from None
    finally:
        library.close()


@contextmanager
def read(path: Path) -> Iterator[Library]:
    """The library, to be read only: on a disk that takes nothing, a copy of it elsewhere.

    Raises:
        ProblemError: as ``used``.
    """
    with ExitStack() as stack:
        try:
            library = stack.enter_context(used(path))
        except ProblemError as error:
            if is_damage(error) or error.__cause__ is None or not os.path.exists(path):  # noqa: PTH110
                raise
            library = _copied(path, stack, error)
        yield library


def _copied(path: Path, stack: ExitStack, why: ProblemError) -> Library:
    try:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                copyfile(f"{path}{suffix}", folder / f"{path.name}{suffix}")
    except OSError:
        raise why from None
    library = Library(folder / path.name, is_new=True)
    stack.callback(library.close)
    return library


def _take_up(path: Path) -> None:
    """Where a program was killed in between, the damaged library has gone and the new one waits."""
    new = path.with_suffix(".new")
    if is_there(new) and not is_there(path):
        with translated(path), replacing(path):
            if new.exists() and not path.exists():
                new.rename(path)


def renewed(path: Path, busy_s: float, tell: Callable[[Problem], None]) -> Library:
    """A library in the place of a damaged one; the same, if another instance has seen to that.

    Raises:
        ProblemError: the disk does not allow it.
    """
    problem = None
    with translated(path), replacing(path):
        if _is_damaged(path):
            new = path.with_suffix(".new")
            _remove(new)
            salvaged = copy_rows.copy_readable(path, new)
            aside = _set_aside(path)
            new.rename(path)
            sync_folder(path.parent)
            problem = _said(aside, salvaged)
    library = Library(path, busy_s)
    if problem is not None:
        tell(problem)
    return library


def moved(old: Library, busy_s: float, recording: str) -> tuple[Library, int | None]:
    """The library that has taken the place of one that is open, with our own dictation in it.

    Args:
        old: the one that is open, and was set aside.
        busy_s: see ``Library``.
        recording: the name of the recording of the dictation that moves.

    Returns:
        The library, and the number of the dictation there, if it could come along.
    """
    library = Library(old.path, busy_s)
    with old.connection() as old_db, library.transaction() as db:
        number = copy_rows.copy_dictation(old_db, db, recording)
    return library, number


def number_of(library: Library, recording: str) -> int | None:
    """The dictation that has this recording, if there is one."""
    with library.connection() as db:
        return copy_rows.number_of(db, recording)


def _is_damaged(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=BUSY_S)) as db:
        try:
            return bool(db.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)])
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                return True
            raise


def _remove(path: Path) -> None:
    for suffix in SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _set_aside(path: Path) -> Path:
    """Rename it, with the moment in its name."""
    moment = f"{datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"
    aside, number = path.with_stem(f"{path.stem} damaged {moment}"), 2
    while aside.exists():
        aside = path.with_stem(f"{path.stem} damaged {moment} {number}")
        number += 1
    for suffix in SUFFIXES:
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    return aside


def _said(aside: Path, salvaged: copy_rows.CopyResult) -> Problem:
    n_kept = salvaged.n_dictations
    kept = "1 dictation" if n_kept == 1 else f"{n_kept} dictations"
    could = f"{kept} could be read, and are in a new one" if n_kept else "a new one was begun"
    detail = f"It is set aside as {aside.name}; {could}"
    hint = "All recordings are where they were."
    if not salvaged.is_whole:
        hint = f"Some of the text could not be read. {hint}"
    return Problem(Kind.DISK, "The library was damaged", detail, hint)
