"""A dictation read from its rows; apart, since to read one is a matter of columns, and to store one
is a matter of what outlives a power cut."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from skdictate.core.changes import Gap, Line, Reason
from skdictate.core.findings import Finding
from skdictate.library.stored_dictation import DictationInfo, StoredDictation


def kept(db: sqlite3.Connection, dictation_id: int) -> StoredDictation | None:
    """One dictation with its text, or None.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    row = db.execute(
        "SELECT engine, api, language, source, rate_hz, recording, started_at, state,"
        " ended_at, n_samples, billed_s, keeps_audio, settled"
        " FROM dictation WHERE id = ?",
        (dictation_id,),
    ).fetchone()
    if row is None:
        return None
    return StoredDictation(
        id=dictation_id,
        about=_about(row[:6], row[6], row[11]),
        state=row[7],
        ended_at=_moment(row[8]) if row[8] else None,
        n_samples=row[9],
        billed_s=row[10],
        lines=tuple(_lines(db, dictation_id)),
        gaps=tuple(_gaps(db, dictation_id)),
        findings=tuple(_findings(db, dictation_id)),
        settled=row[12],
    )


def _lines(db: sqlite3.Connection, dictation_id: int) -> Iterator[Line]:
    rows = db.execute(
        "SELECT number, text, start_sample, end_sample, link_id, is_confirmed,"
        " (SELECT text FROM refinement r WHERE r.dictation_id = line.dictation_id"
        "  AND r.number = line.number ORDER BY r.id DESC LIMIT 1)"
        " FROM line WHERE dictation_id = ? ORDER BY number",
        (dictation_id,),
    )
    for number, text, start, end, session_number, is_confirmed, refined in rows:
        yield Line(
            number,
            text if refined is None else refined,
            start,
            end,
            session_number,
            is_refined=refined is not None,
            is_confirmed=bool(is_confirmed),
        )


def _gaps(db: sqlite3.Connection, dictation_id: int) -> Iterator[Gap]:
    rows = db.execute(
        "SELECT start_sample, end_sample, reason, heard FROM gap"
        " WHERE dictation_id = ? ORDER BY start_sample, id",
        (dictation_id,),
    )
    for start, end, reason, heard in rows:
        yield Gap(start, end, Reason(reason), heard)


def _findings(db: sqlite3.Connection, dictation_id: int) -> Iterator[Finding]:
    rows = db.execute(
        "SELECT kind, link_id, start_sample, end_sample, words, data FROM finding"
        " WHERE dictation_id = ? ORDER BY start_sample, id",
        (dictation_id,),
    )
    for row in rows:
        yield Finding(*row)


def _about(texts: Sequence[Any], started_at: str, keeps_audio: int) -> DictationInfo:
    engine, api, language, source, rate_hz, recording = texts
    began = _moment(started_at)
    return DictationInfo(
        engine, api, language, source, rate_hz, recording, began, bool(keeps_audio)
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
