"""A stretch of a dictation gets another text; the old one is kept as history.

All of it is one transaction: whoever reads sees the old text or the new one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from skdictate.core.changes import Line
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.draft import Draft
from skdictate.library.library import Library
from skdictate.library.reprocess_ranges import ReprocessRange
from skdictate.library.stored_dictation import StoredDictation

_OF_WORDS = ("class", "labels")
"""Findings that go with the words they are about; others are about a whole session."""

CHANGED = Problem(
    Kind.USAGE,
    "The dictation has changed",
    "Its text is no longer what was to be recognised again",
    "Nothing was changed; look at it again.",
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who has recognised it this time."""

    engine: str
    api: str
    language: str
    billed_s: int = 0


@dataclass(frozen=True, slots=True)
class Revision:
    """A stretch that was recognised again, and what its text was before."""

    made_at: datetime
    maker: Maker
    start_sample: int
    end_sample: int
    before: tuple[str, ...]
    """The lines that were there."""


def supersede(
    library: Library, kept: StoredDictation, stretch: ReprocessRange, draft: Draft, maker: Maker
) -> None:
    """Put a draft in the place of what lies in a stretch; on return it outlives a power cut.

    Raises:
        ProblemError: the library cannot be written, or the text is no longer that of ``kept``.
    """
    with library.transaction() as db:
        if library.get(kept.id) != kept:
            raise ProblemError(CHANGED)
        _remember(db, kept, stretch, maker)
        _remove(db, kept, stretch)
        n_before = sum(line.start_sample < stretch.start for line in _others(kept, stretch))
        _renumber(db, kept.id, n_before + len(stretch.lines), len(draft.lines) - len(stretch.lines))
        _insert(library, kept.id, n_before, draft)
        db.execute(
            "UPDATE dictation SET billed_s = billed_s + ?, state = CASE"
            " WHEN EXISTS (SELECT 1 FROM gap WHERE dictation_id = dictation.id)"
            " THEN 'incomplete' ELSE 'done' END WHERE id = ?",
            (maker.billed_s, kept.id),
        )


def revisions(library: Library, dictation_id: int) -> list[Revision]:
    """What was recognised again, the oldest first."""
    with library.connection() as db:
        rows = db.execute(
            "SELECT id, made_at, engine, api, language, billed_s, start_sample, end_sample"
            " FROM revision WHERE dictation_id = ? ORDER BY id",
            (dictation_id,),
        ).fetchall()
        return [
            Revision(
                datetime.fromisoformat(row[1]), Maker(*row[2:6]), row[6], row[7], _old(db, row[0])
            )
            for row in rows
        ]


def newest_session(library: Library, dictation_id: int) -> int:
    """The highest number of a link so far; 0 without any."""
    with library.connection() as db:
        row = db.execute(
            "SELECT max((SELECT coalesce(max(link_id), 0) FROM link WHERE dictation_id = :id),"
            " (SELECT coalesce(max(link_id), 0) FROM line WHERE dictation_id = :id))",
            {"id": dictation_id},
        ).fetchone()
        return int(row[0])


def _old(db: sqlite3.Connection, revision_id: int) -> tuple[str, ...]:
    rows = db.execute(
        "SELECT words FROM superseded WHERE revision_id = ? AND kind = 'line'"
        " ORDER BY start_sample, id",
        (revision_id,),
    )
    return tuple(words for (words,) in rows)


def _others(kept: StoredDictation, stretch: ReprocessRange) -> Iterator[Line]:
    return (line for line in kept.lines if line not in stretch.lines)


def _remember(
    db: sqlite3.Connection, kept: StoredDictation, stretch: ReprocessRange, maker: Maker
) -> None:
    """Keep what is there as history."""
    revision_id = db.execute(
        "INSERT INTO revision (dictation_id, made_at, engine, api, language, start_sample,"
        " end_sample, billed_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            kept.id,
            datetime.now(UTC).isoformat(),
            maker.engine,
            maker.api,
            maker.language,
            stretch.start,
            stretch.end,
            maker.billed_s,
        ),
    ).lastrowid
    rows: list[tuple[str, int, int, str, dict[str, object]]] = [
        ("line", it.start_sample, it.end_sample, it.text, _data(it)) for it in stretch.lines
    ]
    rows += [
        ("gap", it.start_sample, it.end_sample, it.heard, {"reason": it.reason})
        for it in stretch.gaps
    ]
    saved = [(revision_id, *row[:4], json.dumps(row[4])) for row in rows]
    saved += [(revision_id, "finding", *row[1:]) for row in _findings(db, kept, stretch)]
    db.executemany(
        "INSERT INTO superseded (revision_id, kind, start_sample, end_sample, words, data)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        saved,
    )


def _data(line: Line) -> dict[str, object]:
    return {
        "line": line.number,
        "link": line.session_number,
        "confirmed": line.is_confirmed,
        "refined": line.is_refined,
    }


def _findings(
    db: sqlite3.Connection, kept: StoredDictation, stretch: ReprocessRange
) -> list[tuple[int, int, int, str, str]]:
    """What goes with the old text: with all of it all findings, else those of its words."""
    if not stretch.lines:
        return []
    is_whole = len(stretch.lines) == len(kept.lines)
    rows = db.execute(
        "SELECT id, start_sample, end_sample, words, data, kind FROM finding"
        " WHERE dictation_id = ? ORDER BY id",
        (kept.id,),
    )
    return [
        row[:5]
        for row in rows
        if is_whole or (row[5] in _OF_WORDS and stretch.start <= row[1] and row[2] <= stretch.end)
    ]


def _remove(db: sqlite3.Connection, kept: StoredDictation, stretch: ReprocessRange) -> None:
    gone = _findings(db, kept, stretch)
    db.executemany("DELETE FROM finding WHERE id = ?", [row[:1] for row in gone])
    db.executemany(
        "DELETE FROM line WHERE dictation_id = ? AND number = ?",
        [(kept.id, line.number) for line in stretch.lines],
    )
    db.executemany(
        "DELETE FROM gap WHERE dictation_id = ? AND start_sample = ? AND end_sample = ?"
        " AND reason = ?",
        [(kept.id, gap.start_sample, gap.end_sample, gap.reason) for gap in stretch.gaps],
    )


_AWAY = (
    "UPDATE line SET number = -(number + ?) WHERE dictation_id = ? AND number > ?",
    "UPDATE refinement SET number = -(number + ?) WHERE dictation_id = ? AND number > ?",
)
_BACK = (
    "UPDATE line SET number = -number WHERE dictation_id = ? AND number < 0",
    "UPDATE refinement SET number = -number WHERE dictation_id = ? AND number < 0",
)


def _renumber(db: sqlite3.Connection, dictation_id: int, after: int, by: int) -> None:
    """Make room between two lines; by way of negative numbers, for each may be there only once."""
    if by:
        db.execute("PRAGMA defer_foreign_keys = ON")
        for change in _AWAY:
            db.execute(change, (by, dictation_id, after))
        for change in _BACK:
            db.execute(change, (dictation_id,))


def _insert(library: Library, dictation_id: int, n_before: int, draft: Draft) -> None:
    for index, (number, line) in enumerate(draft.lines.items(), n_before + 1):
        placed = Line(
            index,
            line.text,
            line.start_sample,
            line.end_sample,
            line.session_number,
            is_confirmed=line.is_confirmed,
        )
        library.add_line(dictation_id, placed)
        if number in draft.refined:
            better = Line(index, draft.refined[number], line.start_sample, line.end_sample, 0)
            library.refine_line(dictation_id, better)
    for gap in draft.gaps:
        library.add_gap(dictation_id, gap)
    for finding in draft.findings:
        library.add_finding(dictation_id, finding)
    for change in draft.sessions.values():
        library.note_session(dictation_id, change)
