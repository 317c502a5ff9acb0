"""What the engine needs of whoever keeps a dictation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from skdictate.core.changes import Change
from skdictate.errors import Problem


class DictationStore(Protocol):
    """Takes the sound and the text of one dictation; positions are samples."""

    on_trouble: Callable[[Problem | None], None]
    """Told what is wrong with the disk; None once all is well again."""
    on_notice: Callable[[Problem], None]
    """Told what went wrong with the library, and is over."""

    @property
    def dictation_id(self) -> int | None:
        """Its number in the library, once it has one."""

    @property
    def n_samples(self) -> int:
        """Where the sound ends; before the first of it, where it begins."""

    async def run(self) -> None:
        """Write what there is to write, until cancelled."""

    def append(self, pcm: bytes) -> bool:
        """Add sound (s16le); False if there was no room for it, so that silence stands there."""

    def append_silence(self, n_samples: int) -> None:
        """Stand in for lost sound."""

    async def written(self) -> None:
        """Wait until the sound is in the file; or no longer, if the disk has trouble."""

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Put better sound in the place of what was appended."""

    async def read(self, start: int, end: int) -> bytes:
        """Sound that was appended.

        Raises:
            UnreadableError: not all of it can be had.
        """

    def sync(self) -> None:
        """Make the sound so far outlive a power cut, soon."""

    def note_source(self, name: str) -> None:
        """This is heard from now on."""

    async def store(self, changes: Sequence[Change]) -> None:
        """Store what is to be stored of these."""

    async def close(self, n_samples: int, billed_s: int) -> Problem | None:
        """The dictation is over; what could not be saved, if anything."""

    @property
    def is_waiting(self) -> bool:
        """After ``close``: something is only in memory yet."""

    async def persist(self) -> None:
        """Go on trying until all is saved."""

    async def close_files(self) -> None:
        """Close the files; what is not in them will not be."""
