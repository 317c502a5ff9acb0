"""The old dictation: its text to choose from, and its sound as a source; apart, since
here it is only read."""

from __future__ import annotations

from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.stretches import Stretch, Text
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.kept import Kept
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.reviser import Reviser
from skdictate.library.tape import UnreadableError
from skdictate.paths import is_there
from skdictate.sources.excerpt import Excerpt


def find(library: Library, dictation_id: int) -> Kept:
    """The dictation as the library has it at present.

    Raises:
        ProblemError: there is none with this number.
    """
    kept = library.get(dictation_id)
    if kept is None:
        detail = f"There is none with number {dictation_id}"
        hint = "See the numbers with: skdictate history list"
        raise ProblemError(Problem(Kind.USAGE, "No such dictation", detail, hint, True))
    return kept


def text(kept: Kept, path: Path) -> Text:
    """What of a dictation there is to choose from.

    Raises:
        ProblemError: there is no recording any more.
    """
    if not is_there(path):
        raise ProblemError(
            Problem(
                Kind.USAGE,
                "The recording is gone",
                f"There is no {path}",
                "Without its sound, a dictation cannot be recognised again.",
                is_permanent=True,
            )
        )
    recording = Recording.open(path)
    recording.close()
    return Text(kept.lines, kept.gaps, recording.n_samples, recording.format)


def sound(kept: Kept, stretch: Stretch, reviser: Reviser) -> Excerpt:
    """The stretch as a source."""

    async def read(start: int, end: int) -> bytes:
        try:
            return await reviser.read(start, end)
        except UnreadableError as error:
            raise ProblemError(error.problem) from error

    rate = Format(kept.about.rate_hz)
    return Excerpt(read, rate, stretch.start, stretch.end, f"dictation {kept.id}")
