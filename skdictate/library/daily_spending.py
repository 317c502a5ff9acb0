"""What was billed on each day, apart from the dictations: those may be removed."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol


class Transactions(Protocol):
    """What is needed of a library: its database, alone or in one transaction."""

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing of what is written meanwhile."""

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """Nobody else writes meanwhile."""


def add(db: sqlite3.Connection, billed_s: int) -> None:
    """So much more was billed today."""
    db.execute(
        "INSERT INTO spending VALUES (?, ?)"
        " ON CONFLICT (day) DO UPDATE SET billed_s = billed_s + excluded.billed_s",
        (_today(), billed_s),
    )


def note(library: Transactions, billed_s: int) -> None:
    """The same, of what no dictation stores.

    Raises:
        ProblemError: the library cannot be written.
    """
    if billed_s:
        with library.transaction() as db:
            add(db, billed_s)


def today_s(library: Transactions) -> int:
    """What was billed today, but for sessions that run.

    Raises:
        ProblemError: the library cannot be read.
    """
    with library.connection() as db:
        row = db.execute("SELECT billed_s FROM spending WHERE day = ?", (_today(),)).fetchone()
    return int(row[0]) if row else 0


def _today() -> str:
    return date.today().isoformat()
