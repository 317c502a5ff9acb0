"""The sound of a dictation: appended in memory, and written to the recording from there.

A disk may refuse to write or stall for minutes. Sound then waits in memory, as far as that
reaches, and is written in order as soon as the disk takes it again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.disk_thread import DiskThread
from skdictate.library.memory_buffer import MemoryBuffer, WriteChunk
from skdictate.library.recording import Recording
from skdictate.library.retry_queue import Job, RetryQueue

SLOW_S = 2.0
"""Seconds that a sync may take before it counts as stalled: it takes longer than a write."""
PROBE_S = 1.0
"""The first step in the search for the end of an unreadable range; each step is twice the last."""
COPY_S = 60.0
"""Seconds of sound that are copied at once from a recording that was removed."""
MOST_MENDS_BYTES = 4_000_000
"""Repaired sound that may wait for the disk; beyond this, repairs are not written to the file."""


class UnreadableError(Exception):
    """Samples ``[start, end)`` cannot be read back."""

    def __init__(self, start: int, end: int, problem: Problem) -> None:
        super().__init__(str(problem))
        self.start = start
        self.end = end
        """The next position that can be read."""
        self.problem = problem


class AudioBuffer:
    """Append at the end, read anywhere. The file appears with the first sound."""

    def __init__(self, path: Path, sound: Format) -> None:
        self.path = path
        self.memory_buffer = MemoryBuffer(sound)
        self.writing = RetryQueue("writing", self._next_chunk)
        self.syncing = RetryQueue("syncing", self._next_sync, SLOW_S)
        self.sound = sound
        self._recording: Recording | None = None
        self._to_read: Recording | None = None
        self._reader = DiskThread("reading")
        self._is_sync_due = False
        self._repairs: list[tuple[int, bytes]] = []
        self.on_notice: Callable[[Problem], None] = lambda problem: None
        """Called with a problem of the file that is over."""
        self._notices: deque[Problem] = deque()
        self._n_left: int | None = None
        """Samples that another program left when it cut the file short."""

    @property
    def head(self) -> int:
        """Samples so far."""
        return self.memory_buffer.head

    def append(self, pcm: bytes) -> bool:
        """Append whole samples (s16le); they are written soon.

        Returns:
            False if neither disk nor memory has room: silence was appended in their place.
        """
        is_taken = self.memory_buffer.append(pcm)
        if not is_taken:
            self.memory_buffer.skip(len(pcm) // BYTES_PER_SAMPLE)
        self.writing.notify()
        return is_taken

    async def written(self) -> None:
        """Wait until all samples so far are in the file, or the disk has a problem."""
        head = self.head
        await self.writing.until(lambda: self.memory_buffer.written >= head)

    def append_silence(self, n_samples: int) -> None:
        """Stand in for samples that were not captured, so that positions stay true to time."""
        self.memory_buffer.skip(n_samples)
        self.writing.notify()

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Replace the samples from ``start`` on by others (s16le); the length stays the same."""
        self.memory_buffer.overwrite(start, pcm)
        if sum(len(it) for _, it in self._repairs) < MOST_MENDS_BYTES:
            self._repairs.append((start, pcm))
        self.writing.notify()

    async def read(self, start: int, end: int) -> bytes:
        """Samples ``[start, end)`` as s16le.

        Raises:
            UnreadableError: those at ``start`` cannot be read back.
        """
        lost_until = self.memory_buffer.lost_at(start, end)
        if lost_until is not None:
            raise UnreadableError(start, lost_until, _shortened(self.path))
        first = min(max(start, self.memory_buffer.first), end)
        newest = self.memory_buffer.read(first, end)
        if first == start:
            return newest
        return await self._reader.run(lambda: self._read(start, first)) + newest

    def sync(self) -> None:
        """Request a sync of the file, after which its sound survives a power cut."""
        self._is_sync_due = True
        self.syncing.notify()

    @property
    def problem(self) -> Problem | None:
        """Why the disk does not take the sound; None if it does."""
        return self.writing.problem or self.syncing.problem

    async def close(self) -> None:
        """Close the file, after what is queued."""
        workers = (self.syncing.worker, self._reader, self.writing.worker)
        closing = self.writing.worker.submit(self._close)
        for worker in workers:
            worker.close()
        await closing

    # ------------------------------------------------------------------------- what to write

    def _next_chunk(self) -> Job | None:
        bite = self.memory_buffer.next_chunk()
        if bite is None:
            return self._next_repair()
        written = partial(self._wrote, bite)
        return Job(partial(self._write, bite), written, self.memory_buffer.mark_refused)

    def _wrote(self, bite: WriteChunk) -> None:
        n_left, self._n_left = self._n_left, None
        if n_left is None:
            self.memory_buffer.mark_written(bite)
        else:
            self.memory_buffer.truncate(n_left)
        while self._notices:
            self.on_notice(self._notices.popleft())

    def _next_repair(self) -> Job | None:
        """After all sound is written: only what is in the file can be mended there."""
        mends = self._repairs[:]
        if not mends:
            return None

        def mended() -> None:
            del self._repairs[: len(mends)]

        return Job(lambda: self._overwrite(mends), mended)

    def _next_sync(self) -> Job | None:
        recording, until = self._recording, self.memory_buffer.written
        if not self._is_sync_due or recording is None or until <= self.memory_buffer.synced:
            return None

        def synced() -> None:
            self._is_sync_due = False
            self.memory_buffer.mark_synced(until)

        def refused() -> None:
            self.memory_buffer.rewrite_unsynced()
            self.writing.notify()

        return Job(recording.sync, synced, refused)

    # ------------------------------------------------------------------------- on the threads

    def _write(self, bite: WriteChunk) -> None:
        """The next stretch; one that is there already is written in its place again."""
        if self._recording is None:
            self._recording = self._create()
        if self._recording.is_removed:
            self._recording = self._revived(self._recording)
            self._notices.append(_removed(self.path))
        n_in_file = self._recording.n_in_file
        if n_in_file < bite.start:
            self._n_left = n_in_file
            self._notices.append(_shortened(self.path))
            return
        self._recording.n_samples = bite.start
        if bite.pcm is None:
            self._recording.append_silence(bite.end - bite.start)
        else:
            self._recording.append(bite.pcm)

    def _create(self) -> Recording:
        """The file. A name that another dictation of this moment has is left to that."""
        first, number = self.path, 2
        while self.path.exists():
            self.path = first.with_stem(f"{first.stem} {number}")
            number += 1
        return Recording.create(self.path, self.sound)

    def _revived(self, old: Recording) -> Recording:
        """The same in a file that has a name."""
        new = Recording.create(self.path, self.sound)
        try:
            while new.n_samples < old.n_in_file:
                end = min(new.n_samples + self.sound.samples(COPY_S), old.n_in_file)
                new.append(old.read(new.n_samples, end))
        except ProblemError:
            new.close()
            self.path.unlink(missing_ok=True)
            raise
        old.close()
        self._to_read = None
        return new

    def _overwrite(self, mends: list[tuple[int, bytes]]) -> None:
        assert self._recording is not None
        for start, pcm in mends:
            self._recording.overwrite(start, pcm)

    def _read(self, start: int, end: int) -> bytes:
        """From the file, by a descriptor of its own: the other one is where it is written."""
        try:
            return self._read_there(start, end)
        except ProblemError as error:
            end = self._readable_from(end)
            raise UnreadableError(start, end, error.problem) from error

    def _read_there(self, start: int, end: int) -> bytes:
        if self._to_read is None:
            self._to_read = Recording.open(self.path)
        pcm = b""
        while len(pcm) < (end - start) * BYTES_PER_SAMPLE:
            more = self._to_read.read(start + len(pcm) // BYTES_PER_SAMPLE, end)
            if not more:
                raise ProblemError(_shortened(self.path))
            pcm += more
        return pcm

    def _readable_from(self, position: int) -> int:
        """Where a stretch ends that cannot be read: so much is lost, or a little less."""
        step = self.sound.samples(PROBE_S)
        least = position
        while position < self.memory_buffer.first:
            try:
                self._read_there(position, position + 1)
            except ProblemError:
                position += step
                step *= 2
            else:
                return position
        return min(position, max(least, self.memory_buffer.first))

    def _close(self) -> None:
        for recording in (self._recording, self._to_read):
            if recording is not None:
                recording.close()


def _shortened(path: Path) -> Problem:
    detail = f"Another program shortened {path}"
    hint = "Sound that had no text yet is marked as a gap."
    return Problem(Kind.DISK, "The recording was cut short", detail, hint)


def _removed(path: Path) -> Problem:
    detail = f"Another program removed {path}"
    return Problem(Kind.DISK, "The recording was removed", detail, "It was restored completely.")
