"""All dictations of this user, in one SQLite file: lines, refinements, gaps and links.

Write-ahead logging with full synchronisation: what a call has stored outlives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from skdictate.core.changes import Gap, Line, LinkChanged, Reason
from skdictate.core.findings import Finding
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library import schema
from skdictate.paths import FILE_MODE, private_folder

BUSY_S = 5.0
"""How long to wait for another instance that is writing."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a dictation when it begins."""

    engine: str
    api: str
    language: str
    source: str
    rate_hz: int
    recording: str
    """The file's name in the folder of recordings."""
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A dictation as the library keeps it."""

    id: int
    about: About
    state: str
    """``running``, ``done``, or ``incomplete`` where a gap is left."""
    ended_at: datetime | None
    n_samples: int
    billed_s: int
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """All lines as one text, in order."""
        return " ".join(line.text for line in self.lines)


class Library:
    """One connection; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self.path = path
        with self._told():
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
            self._db = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            found = schema.version(self._db)
            if found <= len(schema.MIGRATIONS):
                schema.migrate(self._db)
                return
        self._db.close()
        raise ProblemError(
            Problem(
                Kind.DISK,
                "The library is from a newer version",
                f"{path} has version {found}, this program knows {len(schema.MIGRATIONS)}",
                "Update skdictate, or set SKDICTATE_HOME to another folder.",
                is_permanent=True,
            )
        )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # ------------------------------------------------------------------------- writing

    def begin(self, about: About) -> int:
        """A new dictation; returns its id."""
        with self._told():
            cursor = self._db.execute(
                "INSERT INTO dictation (started_at, state, engine, api, language, source,"
                " rate_hz, recording) VALUES (?, 'running', ?, ?, ?, ?, ?, ?)",
                (
                    about.started_at.astimezone(UTC).isoformat(),
                    about.engine,
                    about.api,
                    about.language,
                    about.source,
                    about.rate_hz,
                    about.recording,
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def add_line(self, dictation_id: int, line: Line) -> None:
        """Store a committed line; on return it outlives a power cut."""
        with self._told():
            self._db.execute(
                "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    dictation_id,
                    line.number,
                    line.start_sample,
                    line.end_sample,
                    line.link_id,
                    line.text,
                    line.is_confirmed,
                ),
            )

    def refine_line(self, dictation_id: int, line: Line) -> None:
        """Store a better text for a line; the first one is kept beside it."""
        with self._told():
            self._db.execute(
                "INSERT INTO refinement (dictation_id, number, text) VALUES (?, ?, ?)",
                (dictation_id, line.number, line.text),
            )

    def add_gap(self, dictation_id: int, gap: Gap) -> None:
        """Store a stretch without text."""
        with self._told():
            self._db.execute(
                "INSERT INTO gap (dictation_id, start_sample, end_sample, reason, heard)"
                " VALUES (?, ?, ?, ?, ?)",
                (dictation_id, gap.start_sample, gap.end_sample, gap.reason, gap.heard),
            )

    def add_finding(self, dictation_id: int, finding: Finding) -> None:
        """Store something that was found beside the text."""
        with self._told():
            self._db.execute(
                "INSERT INTO finding (dictation_id, kind, link_id, start_sample, end_sample,"
                " words, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (dictation_id, *astuple(finding)),
            )

    def note_link(self, dictation_id: int, change: LinkChanged) -> None:
        """Store how a link stands, with what support would ask for."""
        with self._told():
            self._db.execute(
                "INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?, ?)",
                (
                    dictation_id,
                    change.link_id,
                    change.state,
                    change.session_id,
                    change.request_id,
                    str(change.problem) if change.problem else "",
                ),
            )

    def add_source(self, dictation_id: int, name: str) -> None:
        """From here on another source was heard."""
        with self._told():
            self._db.execute(
                "UPDATE dictation SET source = source || ', ' || ? WHERE id = ?",
                (name, dictation_id),
            )

    def finish(self, dictation_id: int, n_samples: int, billed_s: int) -> None:
        """The dictation has ended, with or without gaps."""
        with self._told():
            self._db.execute(
                "UPDATE dictation SET ended_at = ?, n_samples = ?, billed_s = ?, state = CASE"
                " WHEN EXISTS (SELECT 1 FROM gap WHERE dictation_id = dictation.id)"
                " THEN 'incomplete' ELSE 'done' END WHERE id = ?",
                (datetime.now(UTC).isoformat(), n_samples, billed_s, dictation_id),
            )

    # ------------------------------------------------------------------------- reading

    def ids(self) -> list[int]:
        """All dictations, the newest first."""
        with self._told():
            rows = self._db.execute("SELECT id FROM dictation ORDER BY started_at DESC, id DESC")
            return [row[0] for row in rows]

    def get(self, dictation_id: int) -> Kept | None:
        """One dictation with its text, or None."""
        with self._told():
            row = self._db.execute(
                "SELECT engine, api, language, source, rate_hz, recording, started_at, state,"
                " ended_at, n_samples, billed_s FROM dictation WHERE id = ?",
                (dictation_id,),
            ).fetchone()
            if row is None:
                return None
            return Kept(
                id=dictation_id,
                about=About(row[0], row[1], row[2], row[3], row[4], row[5], _moment(row[6])),
                state=row[7],
                ended_at=_moment(row[8]) if row[8] else None,
                n_samples=row[9],
                billed_s=row[10],
                lines=tuple(self._lines(dictation_id)),
                gaps=tuple(self._gaps(dictation_id)),
                findings=tuple(self._findings(dictation_id)),
            )

    def _lines(self, dictation_id: int) -> Iterator[Line]:
        rows = self._db.execute(
            "SELECT number, text, start_sample, end_sample, link_id, is_confirmed,"
            " (SELECT text FROM refinement r WHERE r.dictation_id = line.dictation_id"
            "  AND r.number = line.number ORDER BY r.id DESC LIMIT 1)"
            " FROM line WHERE dictation_id = ? ORDER BY number",
            (dictation_id,),
        )
        for number, text, start, end, link_id, is_confirmed, refined in rows:
            yield Line(
                number,
                text if refined is None else refined,
                start,
                end,
                link_id,
                is_refined=refined is not None,
                is_confirmed=bool(is_confirmed),
            )

    def _gaps(self, dictation_id: int) -> Iterator[Gap]:
        rows = self._db.execute(
            "SELECT start_sample, end_sample, reason, heard FROM gap"
            " WHERE dictation_id = ? ORDER BY start_sample, id",
            (dictation_id,),
        )
        for start, end, reason, heard in rows:
            yield Gap(start, end, Reason(reason), heard)

    def _findings(self, dictation_id: int) -> Iterator[Finding]:
        rows = self._db.execute(
            "SELECT kind, link_id, start_sample, end_sample, words, data FROM finding"
            " WHERE dictation_id = ? ORDER BY start_sample, id",
            (dictation_id,),
        )
        for row in rows:
            yield Finding(*row)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite or the disk says, as a problem in words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            problem = Problem(
                Kind.DISK,
                "The library cannot be used",
                f"{self.path}: {error}",
                "Free some space or mend its permissions; the recording is a file of its own.",
            )
            raise ProblemError(problem) from error


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
