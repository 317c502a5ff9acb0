"""Reads a past dictation for reprocessing: its text, and its recording as a source."""

from __future__ import annotations

from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.audio_buffer import UnreadableError
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.reprocess_ranges import ReprocessRange, TextSelection
from skdictate.library.reprocess_writer import ReprocessWriter
from skdictate.library.stored_dictation import StoredDictation
from skdictate.sources.excerpt_source import ExcerptSource
from skdictate.system.paths import is_there


def find(library: Library, dictation_id: int) -> StoredDictation:
    """Read a dictation from the library.

    Raises:
        ProblemError: there is none with this number.
    """
    kept = library.get(dictation_id)
    if kept is None:
        detail = f"There is none with number {dictation_id}"
        hint = "See the numbers with: skdictate history list"
        raise ProblemError(Problem(Kind.USAGE, "No such dictation", detail, hint, True))
    return kept


def text(kept: StoredDictation, path: Path) -> TextSelection:
    """The text of a dictation, from which parts to reprocess are chosen.

    Args:
        kept: the dictation.
        path: its recording.

    Raises:
        ProblemError: the recording was deleted.
    """
    if not is_there(path):
        raise ProblemError(
            Problem(
                Kind.USAGE,
                "The recording is gone",
                f"{path} does not exist",
                "Without its recording, a dictation cannot be recognised again.",
                is_permanent=True,
            )
        )
    recording = Recording.open(path)
    recording.close()
    return TextSelection(kept.lines, kept.gaps, recording.n_samples, recording.format)


def sound(
    kept: StoredDictation, stretch: ReprocessRange, reviser: ReprocessWriter
) -> ExcerptSource:
    """A source that reads the range from the recording."""

    async def read(start: int, end: int) -> bytes:
        try:
            return await reviser.read(start, end)
        except UnreadableError as error:
            raise ProblemError(error.problem) from error

    rate = Format(kept.about.rate_hz)
    return ExcerptSource(read, rate, stretch.start, stretch.end, f"dictation {kept.id}")
