"""Stores one dictation while it runs: its sound in a recording, its text in the library.

What the disk refuses is held in memory, as far as that reaches, and written as soon as it can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.core.changes import (
    Change,
    FindingMade,
    GapMarked,
    LineCommitted,
    LineRefined,
    SessionChanged,
    Settled,
)
from skdictate.errors import Kind, Problem
from skdictate.library.audio_buffer import AudioBuffer
from skdictate.library.library import Library
from skdictate.library.retry_queue import RETRY_S
from skdictate.library.storage_problems import while_dictating
from skdictate.library.stored_dictation import DictationInfo
from skdictate.library.text_queue import QueuedChange, TextQueue

CLOSE_S = 5.0
"""Seconds that ``close`` waits for a disk that does not answer."""

MOST_SOURCES = 20
"""Names of microphones that are kept of one dictation, each once: a name is foreign, and a sender
may have any number of them."""


class DictationWriter:
    """The files appear with the first sound: a dictation that never began leaves nothing.

    ``run`` does the writing, beside whoever appends and keeps.
    """

    def __init__(self, library: Library | Path, folder: Path, about: DictationInfo) -> None:
        self.about = about
        self.on_trouble: Callable[[Problem | None], None] = lambda problem: None
        """Told what is wrong with the disk; None once all is well again."""
        self.on_notice: Callable[[Problem], None] = lambda problem: None
        """Told what went wrong with the library, and is over."""
        self._sources = {about.source}
        self.audio_buffer = AudioBuffer(folder / about.recording, Format(about.rate_hz))
        self.text_queue = TextQueue(library, self._about)
        self.text_queue.on_notice = self.audio_buffer.on_notice = lambda problem: self.on_notice(
            problem
        )
        self._is_overflowing = False
        self._retry_queues = (
            self.audio_buffer.writing,
            self.audio_buffer.syncing,
            self.text_queue.storing,
        )
        for retry_queue in self._retry_queues:
            retry_queue.on_trouble = self._publish_problem
        self._problem: Problem | None = None

    def _about(self) -> DictationInfo:
        """As it is when the dictation begins in the library."""
        return replace(self.about, recording=self.audio_buffer.path.name)

    @property
    def dictation_id(self) -> int | None:
        """Its id in the library, once it has one."""
        return self.text_queue.dictation_id

    @property
    def recording_path(self) -> Path:
        """Where the sound is, or will be."""
        return self.audio_buffer.path

    @property
    def n_samples(self) -> int:
        """Sound so far."""
        return self.audio_buffer.head

    # ------------------------------------------------------------------------- while it runs

    async def run(self) -> None:
        """Write what there is to write, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for retry_queue in self._retry_queues:
                group.create_task(retry_queue.run())

    def append(self, pcm: bytes) -> bool:
        """Append sound; see ``AudioBuffer.append``."""
        is_taken = self.audio_buffer.append(pcm)
        if is_taken is self._is_overflowing:
            self._is_overflowing = not is_taken
            self._publish_problem()
        return is_taken

    def append_silence(self, n_samples: int) -> None:
        """Append silence in the place of missing sound."""
        self.audio_buffer.append_silence(n_samples)

    async def written(self) -> None:
        """Wait until the sound is in the file; or no longer, if the disk has trouble."""
        await self.audio_buffer.written()
        self.text_queue.begin()  # only now: the library has no dictation without a recording

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Replace samples by repaired sound; see ``AudioBuffer.overwrite``."""
        self.audio_buffer.overwrite(start, pcm)

    async def read(self, start: int, end: int) -> bytes:
        """Samples ``[start, end)``; see ``AudioBuffer.read``."""
        return await self.audio_buffer.read(start, end)

    def sync(self) -> None:
        """Make the sound so far outlive a power cut, soon."""
        self.audio_buffer.sync()

    def note_source(self, name: str) -> None:
        """This is heard from now on."""
        if not self.audio_buffer.head:
            self.about = replace(self.about, source=name)
            self._sources = {name}
            return
        if name in self._sources or len(self._sources) > MOST_SOURCES:
            return
        self._sources.add(name)
        kept = name if len(self._sources) <= MOST_SOURCES else "and others"
        self.text_queue.put(QueuedChange(lambda library, id_: library.add_source(id_, kept)))

    async def store(self, changes: Sequence[Change]) -> None:
        """Store what is to be stored of these.

        On return it outlives a power cut; or it is held in memory, if the disk has trouble.
        """
        for change in changes:
            if isinstance(change, Settled):
                self.audio_buffer.memory_buffer.settled = change.end_sample
        notes = [note for change in changes if (note := _note(change)) is not None]
        if notes:
            self.text_queue.put(*notes)
            await self.text_queue.stored()

    # ------------------------------------------------------------------------- the end

    async def close(self, n_samples: int, billed_s: int) -> Problem | None:
        """End the dictation and close its files.

        Returns:
            What could not be saved yet: the files then stay open for ``persist``. None if all is.
        """
        if self.audio_buffer.head:
            self.text_queue.put(
                QueuedChange(lambda library, id_: library.finish(id_, n_samples, billed_s))
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._finish()
                if not self.is_waiting:
                    await self.close_files()
        return self.unsaved

    async def persist(self) -> None:
        """Go on trying until all is saved; then let go of the files."""
        while self.is_waiting:
            await asyncio.sleep(RETRY_S)
            await self._finish()
        await self.close_files()

    async def close_files(self) -> None:
        """Close the files; what is not in them will not be."""
        await asyncio.gather(self.audio_buffer.close(), self.text_queue.close())

    @property
    def unsaved(self) -> Problem | None:
        """What is not saved, and why."""
        memory_buffer, sound = self.audio_buffer.memory_buffer, self.audio_buffer.sound
        n_lines = self.text_queue.n_lines_waiting
        pieces = [
            f"{sound.seconds(n):.1f} s {words}"
            for n, words in (
                (memory_buffer.n_unsafe, "of sound"),
                (memory_buffer.n_lost, "that are silence in the recording"),
            )
            if n
        ]
        pieces += ["1 line" if n_lines == 1 else f"{n_lines} lines"] if n_lines else []
        if not pieces and not self.is_waiting:
            return None
        problem = self._cause
        title = problem.title if problem else "The disk had no room for long enough"
        detail = f"{' and '.join(pieces) or 'How it ended'}. {title}"
        if problem and problem.detail:
            detail = f"{detail}: {problem.detail}"
        return Problem(Kind.DISK, "Not all of it is saved", detail, problem.hint if problem else "")

    @property
    def is_waiting(self) -> bool:
        """Something is only in memory."""
        return bool(self.audio_buffer.memory_buffer.n_unsafe or self.text_queue.n_waiting)

    async def _finish(self) -> None:
        """Write all there is to write; or no more, where one more try is refused."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.run())
            await self.audio_buffer.writing.finish()
            await self.text_queue.storing.finish()
            self.audio_buffer.sync()
            await self.audio_buffer.syncing.finish()
            running.cancel()

    # ------------------------------------------------------------------------- trouble

    @property
    def _cause(self) -> Problem | None:
        """What is wrong with the disk."""
        return self.audio_buffer.problem or self.text_queue.storing.problem

    def _publish_problem(self) -> None:
        """Call ``on_trouble`` if the problem of the disk has changed."""
        cause = self._cause
        problem = None if cause is None else while_dictating(cause)
        if problem is not None and self._is_overflowing:
            title = f"Sound is being lost: the memory is full, too. {problem.title}"
            problem = replace(problem, title=title)
        if problem != self._problem:
            self._problem = problem
            self.on_trouble(problem)


def _note(change: Change) -> QueuedChange | None:
    """How a change is stored, if it is."""
    match change:
        case LineCommitted(line):
            return QueuedChange(lambda library, id_: library.add_line(id_, line), n_lines=1)
        case LineRefined(line):
            return QueuedChange(lambda library, id_: library.refine_line(id_, line))
        case GapMarked(gap):
            return QueuedChange(lambda library, id_: library.add_gap(id_, gap))
        case Settled(end_sample):
            return QueuedChange(lambda library, id_: library.settle(id_, end_sample))
        case FindingMade(finding):
            return QueuedChange(lambda library, id_: library.add_finding(id_, finding))
        case SessionChanged():
            return QueuedChange(lambda library, id_: library.note_session(id_, change))
    return None


def about(
    *, engine: str, api: str, languages: tuple[str, ...], source: str, rate_hz: int
) -> DictationInfo:
    """What is known of a dictation that begins now."""
    now = datetime.now(UTC)
    name = now.astimezone().strftime("%Y-%m-%d %H.%M.%S.%f")[:-3]
    return DictationInfo(engine, api, ", ".join(languages), source, rate_hz, f"{name}.wav", now)
