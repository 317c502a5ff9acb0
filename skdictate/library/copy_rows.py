"""What can still be read of a damaged library, row by row into another one; apart, since it deals
with tables, whatever they hold; which file is the library is decided elsewhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from skdictate.library.library import Library

_DICTATION = "dictation"


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What could be read of a damaged library."""

    n_dictations: int
    is_whole: bool
    """Nothing of it was unreadable."""


def copy_readable(path: Path, new: Path) -> CopyResult:
    """Copy what can be read into a new library."""
    library = Library(new, is_new=True)
    is_whole = True
    with closing(sqlite3.connect(path)) as old, library.transaction() as db:
        old.text_factory = _read_text
        for table in _tables(db):
            columns = _common(old, db, table)
            is_whole = bool(columns) and _copy(old, db, table, columns) and is_whole
        (n_dictations,) = db.execute("SELECT count(*) FROM dictation").fetchone()
    library.close()  # its journal is part of the file then
    return CopyResult(n_dictations, is_whole)


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
    if _copy_rows(old, db, f"SELECT {names} FROM {table} ORDER BY {order}", insert):  # noqa: S608
        return True
    backwards = ", ".join(f"{name} DESC" for name in order.split(", "))
    _copy_rows(old, db, f"SELECT {names} FROM {table} ORDER BY {backwards}", insert)  # noqa: S608
    if "dictation_id" in columns:
        for (number,) in db.execute("SELECT id FROM dictation").fetchall():
            some = f"SELECT {names} FROM {table} WHERE dictation_id = {number}"  # noqa: S608
            _copy_rows(old, db, some, insert)
    return False


def _insert(table: str, columns: list[str], otherwise: str = "IGNORE") -> str:
    values = ", ".join("?" * len(columns))
    return f"INSERT OR {otherwise} INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608


def _key(db: sqlite3.Connection, table: str) -> str:
    """The columns that its rows lie in order of."""
    info = db.execute(f"PRAGMA table_info({table})").fetchall()
    return ", ".join(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])


def _copy_rows(old: sqlite3.Connection, db: sqlite3.Connection, select: str, insert: str) -> bool:
    """Copy rows until one cannot be read; whether all could."""
    try:
        rows = old.execute(select)
        while (row := rows.fetchone()) is not None:
            with suppress(sqlite3.IntegrityError):  # what it belongs to could not be read
                db.execute(insert, row)
    except sqlite3.DatabaseError:
        return False
    return True


def copy_dictation(old: sqlite3.Connection, db: sqlite3.Connection, recording: str) -> int | None:
    """Bring a dictation along, or what it has got since it was copied; its number."""
    old_number, number = number_of(old, recording), number_of(db, recording)
    if old_number is None:
        return number
    is_copied = number is not None
    if not is_copied:
        columns = [name for name in _common(old, db, _DICTATION) if name != "id"]
        rows = f"SELECT {', '.join(columns)} FROM dictation WHERE id = {old_number}"  # noqa: S608
        _copy_rows(old, db, rows, _insert(_DICTATION, columns))
        number = number_of(db, recording)
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
        _copy_rows(old, db, rows, _insert(table, ["dictation_id", *names], "REPLACE"))
    return number


def number_of(db: sqlite3.Connection, recording: str) -> int | None:
    """The dictation that has this recording, if there is one."""
    row = db.execute("SELECT id FROM dictation WHERE recording = ?", (recording,)).fetchone()
    return int(row[0]) if row else None
