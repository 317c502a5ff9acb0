"""All dictations at a glance: enough to find one, and no more read than that."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from skdictate.core.changes import Reason
from skdictate.library.library import Library

N_LINES = 4
"""Lines whose words are given; the first may be short."""


@dataclass(frozen=True, slots=True)
class ListedDictation:
    """One dictation in a list."""

    id: int
    started_at: datetime
    rate_hz: int
    n_samples: int
    state: str
    n_lines: int
    n_unrecognised: int
    """Samples that were recorded and are not recognised."""
    words: str
    """Its first ones."""
    has_sound: bool


def listing(library: Library, folder: Path) -> list[ListedDictation]:
    """The newest first.

    Args:
        library: where they are.
        folder: where their recordings are.

    Raises:
        ProblemError: the library cannot be read.
    """
    with library.connection() as db:
        rows = db.execute(
            "SELECT d.id, started_at, rate_hz, n_samples, state, recording,"
            " (SELECT count(*) FROM line WHERE dictation_id = d.id),"
            " (SELECT group_concat(words, ' ') FROM"
            "  (SELECT coalesce((SELECT text FROM refinement r WHERE r.dictation_id = d.id"
            "    AND r.number = line.number ORDER BY r.id DESC LIMIT 1), text) AS words"
            "   FROM line WHERE dictation_id = d.id ORDER BY number LIMIT ?))"
            " FROM dictation d ORDER BY started_at DESC, d.id DESC",
            (N_LINES,),
        ).fetchall()
        left = unrecognised(db)
    there = {path.name for path in folder.glob("*.wav")}
    return [
        ListedDictation(
            id=row[0],
            started_at=datetime.fromisoformat(row[1]),
            rate_hz=row[2],
            n_samples=row[3],
            state=row[4],
            n_lines=row[6],
            n_unrecognised=left.get(row[0], 0),
            words=row[7] or "",
            has_sound=row[5] in there,
        )
        for row in rows
    ]


def unrecognised(db: sqlite3.Connection) -> dict[int, int]:
    """For each dictation of which something could be recognised yet, how many samples."""
    found: dict[int, int] = {}
    rows = db.execute(
        "SELECT dictation_id, reason, sum(end_sample - start_sample) FROM gap"
        " GROUP BY dictation_id, reason"
    )
    for dictation_id, reason, n_samples in rows:
        if Reason(reason).is_recorded:
            found[dictation_id] = found.get(dictation_id, 0) + n_samples
    return found
