"""Prints dictations of the library, and deletes them, for ``skdictate history``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from skdictate.app.archive import Archive
from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.library.dictation_list import ListedDictation
from skdictate.library.revision import Revision
from skdictate.library.stored_dictation import StoredDictation
from skdictate.output.formats import rendered
from skdictate.output.phrases import clock, noted
from skdictate.output.unfinished_text import length
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths, is_there
from skdictate.text.clean_text import clean

FIRST_WORDS = 50
"""Characters of a dictation's text that are shown in the list."""


def write_list(paths: Paths, settings: Settings, out: TextIO, name: str) -> None:
    """Write all dictations, newest first; ``name`` is ``text`` or ``json``."""
    archive = Archive(paths)
    try:
        archive.look(settings)
    except ProblemError as error:  # the list itself may still be readable
        sys.stderr.write(f"skdictate: {error.problem}\n")
    if name == "json":
        out.writelines(_json(kept, paths) for kept in archive.all())
    else:
        out.writelines(_row(it) for it in archive.listing())


def text_of(paths: Paths, name: str, dictation_id: int | None) -> str:
    """The text of a dictation in the format ``name``; of the newest if ``dictation_id`` is None.

    Raises:
        ProblemError: there is no such dictation.
    """
    kept = Archive(paths).get(dictation_id)
    sound = Format(kept.about.rate_hz)
    return rendered(name, sound, kept.lines, kept.gaps, kept.findings)


def write_about(paths: Paths, out: TextIO, dictation_id: int | None) -> None:
    """Write a dictation's details, text, findings and earlier versions.

    Raises:
        ProblemError: there is no such dictation.
    """
    archive = Archive(paths)
    kept = archive.get(dictation_id)
    sound = Format(kept.about.rate_hz)
    started = kept.about.started_at.astimezone()
    out.writelines(
        f"{name + ':':<12}{value}\n"
        for name, value in (
            ("dictation", f"{kept.id}, {kept.state}"),
            ("started", f"{started:%Y-%m-%d %H:%M:%S %z}"),
            ("length", f"{clock(sound.ms(kept.n_samples))}, {len(kept.lines)} lines"),
            ("engine", f"{kept.about.engine}, {kept.about.language or 'any language'}"),
            ("source", kept.about.source),
            ("recording", _recording(kept, paths)),
        )
    )
    out.write("\n" + rendered("text", sound, kept.lines, kept.gaps))
    if kept.findings:
        out.write("\n")
    out.writelines(f"{noted(sound, finding)}\n" for finding in kept.findings)
    for revision in archive.revisions(kept.id):
        out.write(f"\n{_headed(revision, sound)}\n")
        out.writelines(f"{text}\n" for text in revision.before)


def remove(paths: Paths, numbers: list[int], *, is_all: bool, notes: TextIO) -> Exit:
    """Delete dictations, and print what was and was not deleted.

    Returns:
        ``USAGE`` if one is in use by another process and was left alone, else ``DONE``.
    """
    archive = Archive(paths)
    removed = archive.delete(numbers, is_all=is_all)
    gone = "1 dictation" if len(removed.texts) == 1 else f"{len(removed.texts)} dictations"
    notes.write(f"skdictate: {gone} deleted, sound and text\n")
    notes.writelines(
        f"skdictate: dictation {number} is in use and was not deleted\n"
        for number in removed.in_use
    )
    for path in archive.set_aside():
        if not path.name.endswith(("-wal", "-shm")):
            notes.write(f"skdictate: a damaged library may still contain deleted text: {path}\n")
    if removed.has_traces:
        notes.write(
            "skdictate: another skdictate is using the library; traces in the journal will be"
            " removed when it ends\n"
        )
    return Exit.USAGE if removed.in_use else Exit.DONE


def chosen(paths: Paths, numbers: Sequence[int], *, is_all: bool, before: str) -> list[int]:
    """Numbers of the dictations that were chosen by number, as all, or by date.

    Args:
        paths: where the library is.
        numbers: numbers as listed; used if neither of the others is given.
        is_all: choose all.
        before: ISO date or time; chooses dictations that began before it.

    Raises:
        ProblemError: a number does not exist, or ``before`` is not a date.
    """
    archive = Archive(paths)
    if is_all:
        return [it.id for it in archive.listing()]
    if before:
        return archive.before(_moment(before))
    return [archive.get(number).id for number in numbers]


def _moment(words: str) -> datetime:
    try:
        return datetime.fromisoformat(words).astimezone()
    except ValueError as error:
        hint = "Use a date such as 2026-01-31, or a time such as 2026-01-31T18:00."
        detail = f"{words!r} is not a date"
        raise ProblemError(Problem(Kind.USAGE, "Invalid date", detail, hint, True)) from error


def _recording(kept: StoredDictation, paths: Paths) -> str:
    path = paths.recordings / kept.about.recording
    return clean(str(path)) if is_there(path) else "removed"


def _headed(revision: Revision, sound: Format) -> str:
    """Heading of an earlier version: which part was recognised again, when and by which engine."""
    made = revision.made_at.astimezone()
    start, end = (clock(sound.ms(n)) for n in (revision.start_sample, revision.end_sample))
    was = "; before:" if revision.before else ""
    made_text = f"{made:%Y-%m-%d %H:%M}"
    return f"{start}-{end} recognised again {made_text}, {revision.maker.engine}{was}"


def _row(it: ListedDictation) -> str:
    started = it.started_at.astimezone()
    sound = Format(it.rate_hz)
    words = it.words if len(it.words) <= FIRST_WORDS else it.words[: FIRST_WORDS - 1] + "…"
    state = "" if it.state == "done" else f" ({it.state})"
    if it.n_unrecognised and it.state != "running":
        state = f" ({length(it.n_unrecognised, it.rate_hz)} not recognised)"
    long = clock(sound.ms(it.n_samples))
    return f"{it.id:>4}  {started:%Y-%m-%d %H:%M}  {long:>7}  {words}{state}\n"


def _json(kept: StoredDictation, paths: Paths) -> str:
    return (
        json.dumps(
            {
                "v": 1,
                "id": kept.id,
                "started_at": kept.about.started_at.isoformat(),
                "audio_ms": Format(kept.about.rate_hz).ms(kept.n_samples),
                "state": kept.state,
                "engine": kept.about.engine,
                "language": kept.about.language,
                "source": kept.about.source,
                "recording": str(paths.recordings / kept.about.recording),
                "lines": len(kept.lines),
                "gaps": len(kept.gaps),
                "text": kept.text,
            }
        )
        + "\n"
    )
