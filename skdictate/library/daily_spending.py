"""What was billed on each day, apart from the dictations: those may be removed."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdictate.library.library import Library


def add(db: sqlite3.Connection, billed_s: int) -> None:
    """So much more was billed today."""
    db.execute(
        "INSERT INTO spending VALUES (?, ?)"
        " ON CONFLICT (day) DO UPDATE SET billed_s = billed_s + excluded.billed_s",
        (_today(), billed_s),
    )


def note(library: Library, billed_s: int) -> None:
    """The same, of what no dictation stores.

    Raises:
        ProblemError: the library cannot be written.
    """
    if billed_s:
        with library.together() as db:
            add(db, billed_s)


def today_s(library: Library) -> int:
    """What was billed today, but for sessions that run.

    Raises:
        ProblemError: the library cannot be read.
    """
    with library.alone() as db:
        row = db.execute("SELECT billed_s FROM spending WHERE day = ?", (_today(),)).fetchone()
    return int(row[0]) if row else 0


def _today() -> str:
    return date.today().isoformat()
