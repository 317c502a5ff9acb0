"""The tables of the library, and how an older library becomes a newer one.

Each entry of ``MIGRATIONS`` raises the version by one; entries are added, never changed.
Positions are samples on the timeline of the dictation; moments are UTC in ISO 8601, days are those
of the clock on the wall.
"""

from __future__ import annotations

import sqlite3

MIGRATIONS = (
    """
    CREATE TABLE dictation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        state TEXT NOT NULL CHECK (state IN ('running', 'done', 'incomplete')),
        engine TEXT NOT NULL,
        api TEXT NOT NULL,
        language TEXT NOT NULL,
        source TEXT NOT NULL,
        rate_hz INTEGER NOT NULL,
        recording TEXT NOT NULL UNIQUE,
        n_samples INTEGER NOT NULL DEFAULT 0,
        billed_s INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE line (
        dictation_id INTEGER NOT NULL REFERENCES dictation ON DELETE CASCADE,
        number INTEGER NOT NULL,
        start_sample INTEGER NOT NULL,
        end_sample INTEGER NOT NULL,
        link_id INTEGER NOT NULL,
        text TEXT NOT NULL,
        is_confirmed INTEGER NOT NULL,
        PRIMARY KEY (dictation_id, number)
    ) WITHOUT ROWID;
    CREATE TABLE refinement (
        id INTEGER PRIMARY KEY,
        dictation_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        FOREIGN KEY (dictation_id, number) REFERENCES line ON DELETE CASCADE
    );
    CREATE INDEX refinement_of_line ON refinement (dictation_id, number);
    CREATE TABLE gap (
        id INTEGER PRIMARY KEY,
        dictation_id INTEGER NOT NULL REFERENCES dictation ON DELETE CASCADE,
        start_sample INTEGER NOT NULL,
        end_sample INTEGER NOT NULL,
        reason TEXT NOT NULL,
        heard TEXT NOT NULL
    );
    CREATE INDEX gap_of_dictation ON gap (dictation_id);
    CREATE TABLE link (
        dictation_id INTEGER NOT NULL REFERENCES dictation ON DELETE CASCADE,
        link_id INTEGER NOT NULL,
        state TEXT NOT NULL,
        session_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        problem TEXT NOT NULL,
        PRIMARY KEY (dictation_id, link_id)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY,
        dictation_id INTEGER NOT NULL REFERENCES dictation ON DELETE CASCADE,
        kind TEXT NOT NULL,
        link_id INTEGER NOT NULL,
        start_sample INTEGER NOT NULL,
        end_sample INTEGER NOT NULL,
        words TEXT NOT NULL,
        data TEXT NOT NULL
    );
    CREATE INDEX finding_of_dictation ON finding (dictation_id);
    """,
    """
    ALTER TABLE dictation ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE dictation ADD COLUMN keeps_audio INTEGER NOT NULL DEFAULT 1;
    CREATE TABLE revision (
        id INTEGER PRIMARY KEY,
        dictation_id INTEGER NOT NULL REFERENCES dictation ON DELETE CASCADE,
        made_at TEXT NOT NULL,
        engine TEXT NOT NULL,
        api TEXT NOT NULL,
        language TEXT NOT NULL,
        start_sample INTEGER NOT NULL,
        end_sample INTEGER NOT NULL,
        billed_s INTEGER NOT NULL
    );
    CREATE INDEX revision_of_dictation ON revision (dictation_id);
    CREATE TABLE superseded (
        id INTEGER PRIMARY KEY,
        revision_id INTEGER NOT NULL REFERENCES revision ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('line', 'gap', 'finding')),
        start_sample INTEGER NOT NULL,
        end_sample INTEGER NOT NULL,
        words TEXT NOT NULL,
        data TEXT NOT NULL
    );
    CREATE INDEX superseded_by ON superseded (revision_id);
    """,
    """
    CREATE TABLE spending (
        day TEXT PRIMARY KEY,
        billed_s INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE link ADD COLUMN support TEXT NOT NULL DEFAULT ''
    """,
)


def version(connection: sqlite3.Connection) -> int:
    """How many migrations a library has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a library up to date, each step whole or not at all."""
    while version(connection) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            number = version(connection)  # another instance may have come first
            if number < len(MIGRATIONS):
                for statement in MIGRATIONS[number].split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
