"""A library that is damaged is set aside, and what can still be read of it goes into a new one.

It is renamed and never removed. What another instance has open stays open there; it finds out that
another library has taken the place, and moves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.guard import replacing
from skdictate.library.library import BUSY_S, Library
from skdictate.library.trouble import is_damage, told
from skdictate.paths import sync_folder

SUFFIXES = ("-wal", "-shm", "")
"""Of the files that are one library. The journal goes first: it must not meet another library."""
_DICTATION = "dictation"


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
            if is_damage(error) or error.__cause__ is None or not path.exists():
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
    if new.exists() and not path.exists():
        with told(path), replacing(path):
            if new.exists() and not path.exists():
                new.rename(path)


def renewed(path: Path, busy_s: float, tell: Callable[[Problem], None]) -> Library:
    """A library in the place of a damaged one; the same, if another instance has seen to that.

    Raises:
        ProblemError: the disk does not allow it.
    """
    problem = None
    with told(path), replacing(path):
        if _is_damaged(path):
            new = path.with_suffix(".new")
            _remove(new)
            salvaged = _salvage(path, new)
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
    with old.alone() as old_db, library.together() as db:
        number = _move_one(old_db, db, recording)
    return library, number


def number_of(library: Library, recording: str) -> int | None:
    """The dictation that has this recording, if there is one."""
    with library.alone() as db:
        return _number_of(db, recording)


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


# ----------------------------------------------------------------------------- what is still there


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What could be read of a damaged library."""

    n_dictations: int
    is_whole: bool
    """Nothing of it was unreadable."""


def _salvage(path: Path, new: Path) -> Salvaged:
    """Copy what can be read into a new library."""
    library = Library(new, is_new=True)
    is_whole = True
    with closing(sqlite3.connect(path)) as old, library.together() as db:
        old.text_factory = _read_text
        for table in _tables(db):
            columns = _common(old, db, table)
            is_whole = bool(columns) and _copy(old, db, table, columns) and is_whole
        (n_dictations,) = db.execute("SELECT count(*) FROM dictation").fetchone()
    library.close()  # its journal is part of the file then
    return Salvaged(n_dictations, is_whole)


def _read_text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _tables(db: sqlite3.Connection) -> list[str]:
    """In the order in which they refer to one another."""
    rows = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY rowid"
    )
    return [name for (name,) in rows]


def _common(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table that both have; none if it cannot be told."""
    try:
        known, wanted = (
            [row[1] for row in it.execute(f"PRAGMA table_info({table})")] for it in (old, db)
        )
    except sqlite3.DatabaseError:
        return []
    return [name for name in wanted if name in known]


def _copy(old: sqlite3.Connection, db: sqlite3.Connection, table: str, columns: list[str]) -> bool:
    """Rows from both ends, up to where it is damaged; then of each dictation. Whether all came."""
    names = ", ".join(columns)
    insert = _insert(table, columns)
    order = _key(db, table)
    if _pour(old, db, f"SELECT {names} FROM {table} ORDER BY {order}", insert):  # noqa: S608
        return True
    backwards = ", ".join(f"{name} DESC" for name in order.split(", "))
    _pour(old, db, f"SELECT {names} FROM {table} ORDER BY {backwards}", insert)  # noqa: S608
    if "dictation_id" in columns:
        for (number,) in db.execute("SELECT id FROM dictation").fetchall():
            some = f"SELECT {names} FROM {table} WHERE dictation_id = {number}"  # noqa: S608
            _pour(old, db, some, insert)
    return False


def _insert(table: str, columns: list[str], otherwise: str = "IGNORE") -> str:
    values = ", ".join("?" * len(columns))
    return f"INSERT OR {otherwise} INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608


def _key(db: sqlite3.Connection, table: str) -> str:
    """The columns that its rows lie in order of."""
    info = db.execute(f"PRAGMA table_info({table})").fetchall()
    return ", ".join(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])


def _pour(old: sqlite3.Connection, db: sqlite3.Connection, select: str, insert: str) -> bool:
    """Copy rows until one cannot be read; whether all could."""
    try:
        rows = old.execute(select)
        while (row := rows.fetchone()) is not None:
            with suppress(sqlite3.IntegrityError):  # what it belongs to could not be read
                db.execute(insert, row)
    except sqlite3.DatabaseError:
        return False
    return True


def _move_one(old: sqlite3.Connection, db: sqlite3.Connection, recording: str) -> int | None:
    """Bring a dictation along, or what it has got since it was copied; its number."""
    old_number, number = _number_of(old, recording), _number_of(db, recording)
    if old_number is None:
        return number
    is_copied = number is not None
    if not is_copied:
        columns = [name for name in _common(old, db, _DICTATION) if name != "id"]
        rows = f"SELECT {', '.join(columns)} FROM dictation WHERE id = {old_number}"  # noqa: S608
        _pour(old, db, rows, _insert(_DICTATION, columns))
        number = _number_of(db, recording)
    for table in _tables(db):
        columns = _common(old, db, table)
        if "dictation_id" not in columns:
            continue
        known = 0
        if "id" in columns and is_copied:  # what was copied has kept its numbers
            last = f"SELECT max(id) FROM {table} WHERE dictation_id = {number}"  # noqa: S608
            known = db.execute(last).fetchone()[0] or 0
        newer = f"AND id > {known}" if "id" in columns else ""
        names = [name for name in columns if name not in ("id", "dictation_id")]
        rows = (
            f"SELECT {number}, {', '.join(names)} FROM {table}"  # noqa: S608
            f" WHERE dictation_id = {old_number} {newer} ORDER BY {_key(db, table)}"
        )
        _pour(old, db, rows, _insert(table, ["dictation_id", *names], "REPLACE"))
    return number


def _number_of(db: sqlite3.Connection, recording: str) -> int | None:
    row = db.execute("SELECT id FROM dictation WHERE recording = ?", (recording,)).fetchone()
    return int(row[0]) if row else None


def _said(aside: Path, salvaged: Salvaged) -> Problem:
    n_kept = salvaged.n_dictations
    kept = "1 dictation" if n_kept == 1 else f"{n_kept} dictations"
    could = f"{kept} could be read, and are in a new one" if n_kept else "a new one was begun"
    detail = f"It is set aside as {aside.name}; {could}"
    hint = "All recordings are where they were."
    if not salvaged.is_whole:
        hint = f"Some of the text could not be read. {hint}"
    return Problem(Kind.DISK, "The library was damaged", detail, hint)
