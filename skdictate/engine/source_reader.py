"""Reads a source from its first block to its end: each block is stored, then reported to the core.

Pauses, missing sound and failures of the source are handled here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from skdictate.audio.continuity import Missing
from skdictate.audio.meter import Meter
from skdictate.audio.pcm import measure
from skdictate.core.changes import Change, Reason, SourceNamed
from skdictate.core.name_changes import NameChanges
from skdictate.core.repaired_ranges import RepairedRanges
from skdictate.engine.core_driver import CoreDriver
from skdictate.errors import Problem, ProblemError
from skdictate.library.base import DictationStore
from skdictate.sources.base import Item, Named, RemoteMicSource, RepairedSamples, Source, Trouble

_log = logging.getLogger(__name__)
AHEAD_S = 10.0
"""A source that can wait is read at most this many seconds ahead of the recogniser."""
UNKEPT_S = 5.0
"""Sound without room on disk or in memory is reported as a gap in pieces of this many seconds."""
STOP_S = 2.0
"""How long a source may take to deliver what it has captured when it is stopped."""


class SourceReader:
    """Reads one source in a task of its own."""

    def __init__(
        self,
        source: Source,
        store: DictationStore,
        core: CoreDriver,
        publish: Callable[[Change], None],
    ) -> None:
        self.meter = Meter()
        self.repaired = RepairedRanges()
        """Samples that were repaired after they had been sent to the recogniser."""
        self.is_paused = False
        self.is_stopped = False
        self.problem: Problem | None = None
        """Why the source has failed for good, if it has."""
        self._source = source
        self._store = store
        self._core = core
        self._publish = publish
        self._task: asyncio.Task[None] | None = None
        self._names = NameChanges()
        self._n_unkept = 0
        """Samples at the head that could not be kept and are not reported yet."""

    # ------------------------------------------------------------------------- commands

    def start(self, group: asyncio.TaskGroup) -> None:
        """Read the source in a task of ``group`` until it ends or is stopped."""
        self._task = group.create_task(self._run())

    def stop(self) -> None:
        """Stop capturing; sound that the source has captured by now is still read."""
        self.is_stopped = True
        self._source.stop()
        self._core.notify()
        if self._task is not None:
            asyncio.get_running_loop().call_later(STOP_S, self._end)

    def abandon(self) -> None:
        """Stop reading at once."""
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        """Capture nothing until ``resume``."""
        if not self.is_paused:
            self.is_paused = True
            _log.info("paused")
            if isinstance(self._source, RemoteMicSource):
                self._source.pause()
            self._core.call(self._core.dictation.pause)

    def resume(self) -> None:
        """Capture again."""
        if self.is_paused:
            self.is_paused = False
            _log.info("resumed")
            if isinstance(self._source, RemoteMicSource):
                self._source.resume()
            self._core.call(self._core.dictation.resume)

    def _end(self) -> None:
        """Cancel the reading task, unless a remote microphone still expects sound: then wait on."""
        assert self._task is not None
        if self._task.done():
            return
        if isinstance(self._source, RemoteMicSource) and self._source.is_expecting:
            asyncio.get_running_loop().call_later(STOP_S, self._end)
        else:
            self._task.cancel()

    # ------------------------------------------------------------------------- sound

    async def _run(self) -> None:
        """Read the source until it ends, then stop the dictation."""
        try:
            async with self._source as source:
                _log.info("source opened: %d Hz", self._source.format.rate_hz)
                self._core.call(self._core.dictation.started)
                async with aclosing(aiter(source)) as blocks:  # type: ignore[type-var]
                    async for item in blocks:
                        await self._receive(item)
        except ProblemError as error:
            self.problem = error.problem
            _log.warning("source failed: %s", error.problem.brief)
            self._core.call(self._core.dictation.source_failed, error.problem)
        finally:
            _log.info("source closed")
            self._report_name(self._names.last_change())
            self._report_unkept()
            self._core.call(self._core.dictation.stop)

    async def _receive(self, item: Item) -> None:
        """Handle one item of the source: sound, missing samples, a name, trouble or a repair."""
        match item:
            case bytes():
                await self._store_block(item)
            case Missing() if not await self._is_left_out():
                self._report_unkept()
                _log.warning("missing: %d samples", item.n_samples)
                self._store.append_silence(item.n_samples)
                reason = Reason.OVERRUN if item.is_overrun else Reason.NOT_CAPTURED
                self._core.call(self._core.dictation.lost, item.n_samples, reason)
            case Named():
                self._names.set_name(item.name)
            case Trouble():
                self._core.call(self._core.dictation.source_failed, item.problem)
            case RepairedSamples(start_sample, pcm):
                self._store.overwrite(start_sample, pcm)
                unsent = self._source.format.samples(self._core.status().unsent_s)
                sent = self._store.n_samples - unsent
                self.repaired.add(start_sample, min(start_sample + len(pcm) // 2, sent))
        self._report_name(self._names.next_change(asyncio.get_running_loop().time()))

    def _report_name(self, change: tuple[str, str] | None) -> None:
        """Store and publish a change of the microphone's name: the new one and the one before."""
        if change is not None:
            name, was = change
            self._store.note_source(name)
            self._publish(SourceNamed(name, was))
            self._core.call(self._core.dictation.source_changed)

    async def _is_left_out(self) -> bool:
        """Whether to discard the next item, since the user has paused a local live source.

        Other sources keep their sound: reading waits until the pause is over.
        """
        if self._source.is_live and not isinstance(self._source, RemoteMicSource):
            return self.is_paused
        while self.is_paused and not self.is_stopped:
            await self._core.next_change()
        return False

    async def _store_block(self, pcm: bytes) -> None:
        """Store one block of s16le, then report it to the core and the meter."""
        if await self._is_left_out():
            return
        start_sample = self._store.n_samples
        is_kept = self._store.append(pcm)
        try:
            await self._store.written()
        finally:  # even if the wait for the disk was cancelled, the block is in memory
            if isinstance(self._source, RemoteMicSource):
                self._source.set_position(start_sample)
            self._captured(pcm, is_kept=is_kept)
        if not self._source.is_live and self._is_ahead():
            self._core.call(self._core.dictation.held)
            while self._is_ahead():
                await self._core.next_change()
            self._core.call(self._core.dictation.started)

    def _is_ahead(self) -> bool:
        """Whether more than ``AHEAD_S`` is read and not sent yet."""
        return self._core.status().unsent_s > AHEAD_S and not self.is_stopped

    def _captured(self, pcm: bytes, *, is_kept: bool) -> None:
        level = measure(pcm)
        self.meter.add_level(level)
        if is_kept:
            self._report_unkept()
            self._core.call(self._core.dictation.captured, len(pcm) // 2, level)
            return
        self._n_unkept += len(pcm) // 2
        if self._n_unkept >= self._source.format.samples(UNKEPT_S):
            self._report_unkept()

    def _report_unkept(self) -> None:
        """Report sound that could not be kept, as one gap and not one for each block."""
        n_samples, self._n_unkept = self._n_unkept, 0
        if n_samples:
            self._core.call(self._core.dictation.lost, n_samples, Reason.NOT_KEPT)
