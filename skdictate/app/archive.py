"""Past dictations: recovers them after a crash, lists, reads, exports and deletes them.

Each method opens the library for a moment, also while other processes dictate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.dictation_list import ListedDictation, listing
from skdictate.library.library import Library
from skdictate.library.recovery import recover, unfinished
from skdictate.library.removal import (
    Fate,
    Removed,
    Retention,
    begun_before,
    delete,
    retain,
    spend_sound,
    sweep_empty,
)
from skdictate.library.replace_damaged import read, used
from skdictate.library.revision import Revision, revisions
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.unfinished import Found, Unfinished
from skdictate.output.formats import SUFFIXES, rendered
from skdictate.output.sinks import save
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths, expanded, is_there, working_folder

TRIES, TRY_S = 40, 0.05
SAID_OF_SOUND = {
    Fate.NEEDED: "The recording is kept until all of it is recognised: skdictate history redo",
    Fate.IN_USE: "The recording is still in use and will be deleted at the next start.",
}


class Archive:
    """The dictations of one user; creates no library if there is none."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def look(self, settings: Settings) -> Found:
        """Recover killed dictations, delete what is too old, and find what is unfinished.

        Raises:
            ProblemError: the library or the disk cannot be used.
        """
        if not (is_there(self.paths.library) or is_there(self.paths.recordings)):
            return Found()
        retention = Retention(settings.keep_audio_days, settings.keep_text_days)
        with self._library() as library:
            recover(library, self.paths.recordings)
            removed = retain(library, self.paths.recordings, retention, datetime.now(UTC))
            left = tuple(unfinished(library, self.paths.recordings))
        return Found(left, len(removed.sounds), len(removed.texts))

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Dictations with recorded sound that is not recognised yet, newest first."""
        if not is_there(self.paths.library):
            return ()
        with self._library() as library:
            return tuple(unfinished(library, self.paths.recordings))

    def listing(self) -> list[ListedDictation]:
        """All dictations, the newest first."""
        with read(self.paths.library) as library:
            return listing(library, self.paths.recordings)

    def all(self) -> Iterator[StoredDictation]:
        """All dictations with their text, the newest first."""
        with read(self.paths.library) as library:
            for dictation_id in library.ids():
                kept = library.get(dictation_id)
                if kept is not None:
                    yield kept

    def get(self, number: int | None) -> StoredDictation:
        """One dictation; the newest if ``number`` is None.

        Raises:
            ProblemError: there is none with this number.
        """
        with read(self.paths.library) as library:
            ids = library.ids()
            wanted = (ids[0] if ids else None) if number is None else number
            kept = library.get(wanted) if wanted is not None else None
        if kept is None:
            detail = f"There is none with number {wanted}" if ids else "The library is empty"
            hint = "See the numbers with: skdictate history list"
            raise ProblemError(Problem(Kind.USAGE, "No such dictation", detail, hint, True))
        return kept

    def revisions(self, number: int) -> list[Revision]:
        """Earlier versions of parts of a dictation, oldest first."""
        with read(self.paths.library) as library:
            return revisions(library, number)

    def spend_sound(self, number: int) -> str:
        """Delete the recording of a dictation that has just ended and is to keep none.

        Returns:
            A sentence that says why the recording is still there; empty if it is deleted.

        Raises:
            ProblemError: the library or the disk cannot be used.
        """
        with self._library() as library:
            for _ in range(TRIES):
                fate = spend_sound(library, self.paths.recordings, number)
                if fate is not Fate.IN_USE:
                    break
                time.sleep(TRY_S)  # its writer is closing it
        return SAID_OF_SOUND.get(fate, "")

    def export(self, number: int, name: str, output: str = "") -> Path:
        """Write the text of a dictation to a file and return its path.

        Args:
            number: the dictation.
            name: the format.
            output: path of the file; if empty, a new file in the working folder.

        Raises:
            ProblemError: there is no such dictation, or the file cannot be written.
        """
        kept = self.get(number)
        started = kept.about.started_at.astimezone()
        plain = f"dictation-{number}-{started:%Y-%m-%d-%H%M%S}{SUFFIXES[name]}"
        path = expanded(output) if output else working_folder() / plain
        sound = Format(kept.about.rate_hz)
        save(path, rendered(name, sound, kept.lines, kept.gaps, kept.findings))
        return path

    def before(self, moment: datetime) -> list[int]:
        """Numbers of the dictations that began before a time."""
        with read(self.paths.library) as library:
            return begun_before(library, moment)

    def delete(self, numbers: Sequence[int], *, is_all: bool = False) -> Removed:
        """Delete dictations, sound and text.

        Args:
            numbers: the dictations.
            is_all: also delete empty recordings and damaged libraries.
        """
        with self._library() as library:
            removed = delete(library, self.paths.recordings, numbers)
        if is_all:
            sweep_empty(self.paths.recordings)
            for path in self.set_aside():
                path.unlink(missing_ok=True)
        return removed

    def set_aside(self) -> list[Path]:
        """Files of damaged libraries, which may contain texts of any dictation."""
        path = self.paths.library
        return sorted(path.parent.glob(f"{path.stem} damaged *{path.suffix}*"))

    @contextmanager
    def _library(self) -> Iterator[Library]:
        with used(self.paths.library) as library:
            yield library
