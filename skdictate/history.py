"""The library on the command line: what was dictated, read back in any format."""

from __future__ import annotations

import json
from typing import TextIO

from skdictate.core.audio import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.library import Kept, Library
from skdictate.output.formats import clock, noted, rendered
from skdictate.paths import Paths

FIRST_WORDS = 50
"""Characters of the text that tell one dictation from another in a list."""


def write_list(paths: Paths, out: TextIO, name: str) -> None:
    """All dictations, the newest first."""
    library = Library(paths.library)
    for dictation_id in library.ids():
        kept = library.get(dictation_id)
        if kept is not None:
            out.write(_json(kept, paths) if name == "json" else _row(kept))
    library.close()


def write_one(paths: Paths, out: TextIO, name: str, dictation_id: int | None) -> None:
    """One dictation in a format; the newest if ``dictation_id`` is None.

    Raises:
        ProblemError: there is no such dictation.
    """
    kept = _find(paths, dictation_id)
    sound = Format(kept.about.rate_hz)
    out.write(rendered(name, sound, kept.lines, kept.gaps, kept.findings))


def write_about(paths: Paths, out: TextIO, dictation_id: int | None) -> None:
    """What is known of a dictation, and its text."""
    kept = _find(paths, dictation_id)
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
            ("recording", str(paths.recordings / kept.about.recording)),
        )
    )
    out.write("\n" + rendered("text", sound, kept.lines, kept.gaps))
    if kept.findings:
        out.write("\n")
    out.writelines(f"{noted(sound, finding)}\n" for finding in kept.findings)


def _find(paths: Paths, dictation_id: int | None) -> Kept:
    library = Library(paths.library)
    try:
        ids = library.ids()
        wanted = (ids[0] if ids else None) if dictation_id is None else dictation_id
        kept = library.get(wanted) if wanted is not None else None
    finally:
        library.close()
    if kept is None:
        detail = f"There is none with number {wanted}" if ids else "The library is empty"
        hint = "See the numbers with: skdictate history list"
        raise ProblemError(Problem(Kind.USAGE, "No such dictation", detail, hint, True))
    return kept


def _row(kept: Kept) -> str:
    started = kept.about.started_at.astimezone()
    length = clock(Format(kept.about.rate_hz).ms(kept.n_samples))
    text = kept.text if len(kept.text) <= FIRST_WORDS else kept.text[: FIRST_WORDS - 1] + "…"
    state = "" if kept.state == "done" else f" ({kept.state})"
    return f"{kept.id:>4}  {started:%Y-%m-%d %H:%M}  {length:>7}  {text}{state}\n"


def _json(kept: Kept, paths: Paths) -> str:
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
