"""All dictations of this user, in one SQLite file: lines, refinements, gaps and links.

Write-ahead logging with full synchronisation: what a call has stored outlives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

from skdictate.core.changes import Gap, Line, SessionChanged
from skdictate.core.findings import Finding
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library import daily_spending, row_reader, schema
from skdictate.library.open_lock import opening
from skdictate.library.storage_problems import translated
from skdictate.library.stored_dictation import DictationInfo, StoredDictation
from skdictate.system.paths import FILE_MODE, private_folder, sync_folder

BUSY_S = 5.0
"""How long to wait for another instance that is writing."""


class Library:
    """One connection. Threads may share it: they wait for one another."""

    def __init__(self, path: Path, busy_s: float = BUSY_S, *, is_new: bool = False) -> None:
        private_folder(path.parent)
        self.path = path
        self._lock = threading.RLock()
        with nullcontext() if is_new else opening(path):  # nobody else knows of a new one
            self._open(path, busy_s)

    def _open(self, path: Path, busy_s: float) -> None:
        with self._translated():
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
                sync_folder(path.parent)
            self._db = sqlite3.connect(
                path, timeout=busy_s, isolation_level=None, check_same_thread=False
            )
            self._file = _file(path)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        with self._translated():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")
            found = schema.version(self._db)
            if found <= len(schema.MIGRATIONS):
                schema.migrate(self._db)
                return
        raise ProblemError(
            Problem(
                Kind.DISK,
                "The library is from a newer version",
                f"{self.path} has version {found}, this program knows {len(schema.MIGRATIONS)}",
                "Update skdictate, or set SKDICTATE_HOME to another folder.",
                is_permanent=True,
            )
        )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def is_in_place(self) -> bool:
        """Whether this is still the library; it may be removed, or set aside, see ``rescue``."""
        with self._translated():
            return _file(self.path) == self._file

    # ------------------------------------------------------------------------- writing

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is stored inside is stored at once or not at all; then it outlives a power cut."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """The connection outside of any transaction, for what cannot be done inside of one."""
        with self._translated():
            yield self._db

    def begin(self, about: DictationInfo) -> int:
        """A new dictation; returns its id."""
        with self._translated():
            cursor = self._db.execute(
                "INSERT INTO dictation (started_at, state, engine, api, language, source,"
                " rate_hz, recording, keeps_audio) VALUES (?, 'running', ?, ?, ?, ?, ?, ?, ?)",
                (
                    about.started_at.astimezone(UTC).isoformat(),
                    about.engine,
                    about.api,
                    about.language,
                    about.source,
                    about.rate_hz,
                    about.recording,
                    about.keeps_audio,
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def add_line(self, dictation_id: int, line: Line) -> None:
        """Store a committed line; on return it outlives a power cut."""
        with self._translated():
            self._db.execute(
                "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    dictation_id,
                    line.number,
                    line.start_sample,
                    line.end_sample,
                    line.session_number,
                    line.text,
                    line.is_confirmed,
                ),
            )

    def refine_line(self, dictation_id: int, line: Line) -> None:
        """Store a better text for a line; the first one is kept beside it."""
        with self._translated():
            self._db.execute(
                "INSERT INTO refinement (dictation_id, number, text) VALUES (?, ?, ?)",
                (dictation_id, line.number, line.text),
            )

    def add_gap(self, dictation_id: int, gap: Gap) -> None:
        """Store a stretch without text."""
        with self._translated():
            self._db.execute(
                "INSERT INTO gap (dictation_id, start_sample, end_sample, reason, heard)"
                " VALUES (?, ?, ?, ?, ?)",
                (dictation_id, gap.start_sample, gap.end_sample, gap.reason, gap.heard),
            )

    def settle(self, dictation_id: int, end_sample: int) -> None:
        """Everything before this position has its lines and gaps."""
        with self._translated():
            self._db.execute(
                "UPDATE dictation SET settled = ? WHERE id = ?", (end_sample, dictation_id)
            )

    def add_finding(self, dictation_id: int, finding: Finding) -> None:
        """Store something that was found beside the text."""
        with self._translated():
            self._db.execute(
                "INSERT INTO finding (dictation_id, kind, link_id, start_sample, end_sample,"
                " words, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (dictation_id, *astuple(finding)),
            )

    def note_session(self, dictation_id: int, change: SessionChanged) -> None:
        """Store how a link stands, with what support would ask for."""
        with self._translated():
            self._db.execute(
                "INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    dictation_id,
                    change.session_number,
                    change.state,
                    change.session_id,
                    change.request_id,
                    str(change.problem) if change.problem else "",
                    change.support,
                ),
            )
            if change.billed_s:
                daily_spending.add(self._db, change.billed_s)

    def add_source(self, dictation_id: int, name: str) -> None:
        """From here on another source was heard."""
        with self._translated():
            self._db.execute(
                "UPDATE dictation SET source = source || ', ' || ? WHERE id = ?",
                (name, dictation_id),
            )

    def finish(
        self,
        dictation_id: int,
        n_samples: int,
        billed_s: int = 0,
        *,
        ended_at: datetime | None = None,
    ) -> None:
        """The dictation has ended, with or without gaps; now, unless another time is given."""
        with self._translated():
            self._db.execute(
                "UPDATE dictation SET ended_at = ?, n_samples = ?, billed_s = ?, state = CASE"
                " WHEN EXISTS (SELECT 1 FROM gap WHERE dictation_id = dictation.id)"
                " THEN 'incomplete' ELSE 'done' END WHERE id = ?",
                ((ended_at or datetime.now(UTC)).isoformat(), n_samples, billed_s, dictation_id),
            )

    # ------------------------------------------------------------------------- reading

    def ids(self) -> list[int]:
        """All dictations, the newest first."""
        with self._translated():
            found = self._db.execute("SELECT id FROM dictation ORDER BY started_at DESC, id DESC")
            return [row[0] for row in found]

    def get(self, dictation_id: int) -> StoredDictation | None:
        """One dictation with its text, or None."""
        with self._translated():
            return row_reader.kept(self._db, dictation_id)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What SQLite or the disk says, as a problem in words."""
        with self._lock, translated(self.path):
            yield


def _file(path: Path) -> tuple[int, int] | None:
    """Which file a path means, if any."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
