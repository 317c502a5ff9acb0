"""Takes dictations away: their sound, their text, or both, with every trace of them.

What somebody works on is never touched. The sound goes first: a program that is killed in between
leaves a text without its sound, which can be removed again, and never sound that nobody knows of.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from skdictate.errors import ProblemError
from skdictate.library.library import Library
from skdictate.library.recording import HEADER_BYTES
from skdictate.library.recording_lock import held
from skdictate.library.storage_problems import translated
from skdictate.system.paths import sync_folder


@dataclass(slots=True)
class Removed:
    """What came of it."""

    sounds: list[int] = field(default_factory=list)
    """Dictations whose recording has gone."""
    texts: list[int] = field(default_factory=list)
    """Dictations that have gone whole."""
    in_use: list[int] = field(default_factory=list)
    """Dictations that somebody works on."""
    has_traces: bool = False
    """Another instance reads the library: its journal goes when that ends."""


class Fate(Enum):
    """What becomes of a recording that was to be kept only for a while."""

    KEPT = "it is kept for good"
    GONE = "it is gone"
    NEEDED = "not all of it is recognised"
    IN_USE = "somebody works on it"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept; 0 days for ever."""

    audio_days: int = 0
    text_days: int = 0


def delete(library: Library, folder: Path, numbers: Sequence[int]) -> Removed:
    """Remove dictations with all traces: recording, text, what was found, and all of it from disk.

    Raises:
        ProblemError: the disk does not allow it; what is named in no result is still there.
    """
    removed = Removed()
    for number in numbers:
        path = _path(library, folder, number)
        if path is None:
            continue
        with translated(path), held(path) as is_ours:
            if not is_ours:
                removed.in_use.append(number)
                continue
            _unlink(path)
            with library.transaction() as db:
                db.execute("DELETE FROM dictation WHERE id = ?", (number,))
        removed.texts.append(number)
    if removed.texts:
        removed.has_traces = not _sweep(library)
    return removed


def spend_sound(library: Library, folder: Path, number: int) -> Fate:
    """Remove the recording of a dictation that keeps none, once all of it is recognised.

    Raises:
        ProblemError: the disk does not allow it.
    """
    kept = library.get(number)
    path = _path(library, folder, number)
    if kept is None or path is None or kept.about.keeps_audio:
        return Fate.KEPT
    return _spend(library, path, number)


def _spend(library: Library, path: Path, number: int) -> Fate:
    if not path.exists():
        return Fate.GONE
    with translated(path), held(path) as is_ours:
        if not is_ours:
            return Fate.IN_USE
        if not is_whole(library, number):
            return Fate.NEEDED
        _unlink(path)
    return Fate.GONE


def is_whole(library: Library, number: int) -> bool:
    """Whether a dictation has ended, and all that was recorded of it is recognised."""
    kept = library.get(number)
    return kept is not None and kept.state != "running" and not kept.unrecognised


def retain(library: Library, folder: Path, retention: Retention, now: datetime) -> Removed:
    """Remove what is older than it may become, and the sound that was to be kept only for a while.

    What has not been recognised yet stays, however old.
    """
    removed = Removed()
    with library.connection() as db:
        rows = db.execute(
            "SELECT id, ended_at, keeps_audio, recording FROM dictation"
            " WHERE state != 'running' AND ended_at IS NOT NULL ORDER BY id"
        ).fetchall()
    for number, ended_at, keeps_audio, name in rows:
        age = now - datetime.fromisoformat(ended_at)
        if _is_over(age, retention.text_days) and is_whole(library, number):
            removed.texts.append(number)
        elif not keeps_audio or _is_over(age, retention.audio_days):
            path = folder / Path(name).name
            if path.exists() and _spend(library, path, number) is Fate.GONE:
                removed.sounds.append(number)
    done = delete(library, folder, removed.texts)
    return Removed(removed.sounds, done.texts, done.in_use, done.has_traces)


def begun_before(library: Library, moment: datetime) -> list[int]:
    """The dictations that began before a moment."""
    with library.connection() as db:
        rows = db.execute(
            "SELECT id FROM dictation WHERE started_at < ? ORDER BY id",
            (moment.astimezone(UTC).isoformat(),),
        )
        return [number for (number,) in rows]


def sweep_empty(folder: Path) -> None:
    """Remove recordings that nobody works on and that hold no sound: of one that never began."""
    for path in folder.glob("*.wav"):
        with suppress(OSError), held(path) as is_ours:
            if is_ours and path.stat().st_size <= HEADER_BYTES:
                path.unlink()


def _is_over(age: timedelta, days: int) -> bool:
    return bool(days) and age > timedelta(days=days)


def _path(library: Library, folder: Path, number: int) -> Path | None:
    """Where the recording is, or was; None if there is no such dictation."""
    with library.connection() as db:
        row = db.execute("SELECT recording FROM dictation WHERE id = ?", (number,)).fetchone()
    return folder / Path(row[0]).name if row else None


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def _sweep(library: Library) -> bool:
    """Leave nothing of deleted rows in the file or its journal; False while somebody reads there.

    Deleted content is overwritten anyway (``secure_delete``), but what was moved within a page
    before may have left copies, so the file is written anew.
    """
    try:
        with library.connection() as db:
            db.execute("VACUUM")
    except ProblemError as error:
        if not isinstance(error.__cause__, sqlite3.OperationalError):
            raise
    with library.connection() as db:
        is_busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy
