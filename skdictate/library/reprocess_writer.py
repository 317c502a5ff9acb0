"""Keeps nothing of what is heard again, since it is recorded already; the text becomes a draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from skdictate.audio.pcm import BYTES_PER_SAMPLE
from skdictate.core.changes import Change
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.audio_buffer import UnreadableError
from skdictate.library.disk_thread import DiskThread
from skdictate.library.draft import Draft
from skdictate.library.recording import Recording
from skdictate.library.reprocess_ranges import ReprocessRange


class ReprocessWriter:
    """For one stretch of a dictation that is over; see ``Keeping``."""

    def __init__(
        self, dictation_id: int, path: Path, stretch: ReprocessRange, first_session: int
    ) -> None:
        self.on_trouble: Callable[[Problem | None], None] = lambda problem: None
        self.on_notice: Callable[[Problem], None] = lambda problem: None
        self.draft = Draft(first_session)
        self.billed_s = 0
        self._dictation_id = dictation_id
        self._path = path
        self._stretch = stretch
        self._n_samples = stretch.start
        self._recording: Recording | None = None
        self._reader = DiskThread("reading")

    @property
    def dictation_id(self) -> int | None:
        """Its number in the library."""
        return self._dictation_id

    @property
    def n_samples(self) -> int:
        """How far it was heard."""
        return self._n_samples

    async def run(self) -> None:
        """There is nothing to write."""
        await asyncio.Event().wait()

    def append(self, pcm: bytes) -> bool:
        """It was heard; it is recorded already."""
        self._n_samples += len(pcm) // BYTES_PER_SAMPLE
        return True

    def append_silence(self, n_samples: int) -> None:
        """The same."""
        self._n_samples += n_samples

    async def written(self) -> None:
        """It is."""

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Nothing better comes."""

    async def read(self, start: int, end: int) -> bytes:
        """Samples of the recording."""
        return await self._reader.run(lambda: self._read(start, end))

    def sync(self) -> None:
        """There is nothing to sync."""

    def note_source(self, name: str) -> None:
        """It is known."""

    async def store(self, changes: Sequence[Change]) -> None:
        """Add to the draft."""
        for change in changes:
            self.draft.apply(change)

    async def close(self, n_samples: int, billed_s: int) -> Problem | None:
        """All was heard."""
        self.billed_s = billed_s
        await self.close_files()
        return None

    @property
    def is_waiting(self) -> bool:
        """Nothing is."""
        return False

    async def persist(self) -> None:
        """There is nothing to save."""

    async def close_files(self) -> None:
        """Close the recording."""
        await self._reader.run(self._close)
        self._reader.close()

    def _read(self, start: int, end: int) -> bytes:
        try:
            if self._recording is None:
                self._recording = Recording.open(self._path)
            pcm = self._recording.read(start, end)
        except ProblemError as error:
            raise UnreadableError(start, self._stretch.end, error.problem) from error
        if len(pcm) < (end - start) * BYTES_PER_SAMPLE:
            detail = f"{self._path} ends early"
            problem = Problem(Kind.DISK, "The recording is too short", detail)
            raise UnreadableError(start, self._stretch.end, problem)
        return pcm

    def _close(self) -> None:
        if self._recording is not None:
            self._recording.close()
