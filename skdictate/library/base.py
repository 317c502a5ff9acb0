"""The interface between the engine and the storage of a dictation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from skdictate.core.changes import Change
from skdictate.errors import Problem


class DictationStore(Protocol):
    """Stores the sound (s16le) and the text of one dictation; positions are samples."""

    on_trouble: Callable[[Problem | None], None]
    """Called when the problem of the disk changes; None once there is none."""
    on_notice: Callable[[Problem], None]
    """Called with a problem of the library that is over."""

    @property
    def dictation_id(self) -> int | None:
        """Its number in the library, once it has one."""

    @property
    def n_samples(self) -> int:
        """The position after the last sample; before any sound, the position of the first."""

    async def run(self) -> None:
        """Write what is queued, until cancelled."""

    def append(self, pcm: bytes) -> bool:
        """Append sound; False if there was no room, and silence was appended in its place."""

    def append_silence(self, n_samples: int) -> None:
        """Append silence in the place of missing sound."""

    async def written(self) -> None:
        """Wait until the sound is in the file, or the disk has a problem."""

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Replace the samples from ``start`` on by repaired sound of the same length."""

    async def read(self, start: int, end: int) -> bytes:
        """Samples ``[start, end)``.

        Raises:
            UnreadableError: they cannot all be read back.
        """

    def sync(self) -> None:
        """Request a sync, after which the sound so far survives a power cut."""

    def note_source(self, name: str) -> None:
        """Record the name of the source that is used from now on."""

    async def store(self, changes: Sequence[Change]) -> None:
        """Store those of the changes that belong in the library, in order."""

    async def close(self, n_samples: int, billed_s: int) -> Problem | None:
        """End the dictation; returns what could not be saved yet, or None if all is saved."""

    @property
    def is_waiting(self) -> bool:
        """Whether, after ``close``, something is still only in memory."""

    async def persist(self) -> None:
        """Keep trying until everything is saved."""

    async def close_files(self) -> None:
        """Close the files; what is not written yet is discarded."""
