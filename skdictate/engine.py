"""The one shell around the core: source to recording to core to links to library.

Everything that happens is told to the core with the time, and what the core answers is done at
once: effects here, changes after they are stored. One task group; nothing is left running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from skdictate.core import effects as fx
from skdictate.core.audio import measure
from skdictate.core.changes import (
    Change,
    Finished,
    GapMarked,
    Noticed,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    Reason,
    SourceNamed,
    Topic,
)
from skdictate.core.continuity import Missing
from skdictate.core.dictation import Dictation
from skdictate.core.events import Event, Final, Partial, Refinement
from skdictate.core.meter import Meter
from skdictate.core.pending import Pending
from skdictate.core.policy import Policy
from skdictate.core.status import Status
from skdictate.errors import Problem, ProblemError
from skdictate.library.base import Keeping
from skdictate.library.tape import UnreadableError
from skdictate.sources.base import Distant, Item, Mended, Named, Source, Switchable, Trouble
from skdictate.speechkit.base import Backend, Link
from skdictate.throttle import Throttle

SYNC_S = 0.5
"""How often the recording is made to outlive a power cut: it may cost a second of sound, and this
takes its time."""
AHEAD_S = 10.0
"""A source that can wait is read no further ahead of the recogniser."""
UNKEPT_S = 5.0
"""So often a gap is told that grows, since there is no room for sound."""
EVENTS_PER_S = 400.0
"""What a link may say; a recogniser says some tens. Whatever is more has to wait at its end."""
EVENTS_AT_ONCE = 800.0
STOP_S = 2.0
"""How long a source may take to deliver what it has captured when it is stopped."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dictation ended."""

    n_lines: int
    n_gaps: int
    n_links: int
    audio_ms: int
    billed_s: int
    problem: Problem | None
    """What stood in the way at the end, if anything did."""


class Engine:
    """One dictation, from ``run`` to its outcome."""

    def __init__(self, source: Source, backend: Backend, keeper: Keeping, policy: Policy) -> None:
        self.source = source
        self.backend = backend
        self.keeper = keeper
        self.meter = Meter()
        self.on_change: Callable[[Change], None] = lambda change: None
        """Told of every change, after it is stored; on the event loop."""
        self.is_paused = False
        self.is_stopped = False
        keeper.on_trouble = self._disk_said
        keeper.on_notice = lambda problem: self._say(Noticed(problem))
        begin = keeper.n_samples
        self._dictation = Dictation(source.format, backend.limits, policy, begin=begin)
        self._changes: Pending[Change] = Pending(_stands_for)
        self._changed = asyncio.Event()
        self._outboxes: dict[int, asyncio.Queue[fx.Effect]] = {}
        self._links: dict[int, asyncio.Task[None]] = {}
        self._done = asyncio.Event()
        self._moved = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._capture: asyncio.Task[None] | None = None
        self._n_gaps = 0
        self._n_unkept = 0
        """Samples at the head that there was no room for."""
        self._is_announced = False
        self._is_deaf = False
        """The source is gone for good: what is wrong with it stays wrong."""
        self._problem: Problem | None = None

    # ------------------------------------------------------------------------- commands

    async def run(self) -> Outcome:
        """Dictate until the source ends or ``stop`` is called, and all is answered for."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                keeping = group.create_task(self.keeper.run())
                storing = group.create_task(self._store())
                syncing = group.create_task(self._sync())
                self._capture = group.create_task(self._capture_all())
                await self._done.wait()
                syncing.cancel()
                await storing
                keeping.cancel()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            status = self.status()
            n_samples = self.source.format.samples(status.recorded_s)
            unkept = await asyncio.shield(self.keeper.close(n_samples, status.billed_s))
            for change in self._changes.take():  # of the disk, in the end
                self.on_change(change)
        standing = (raised for raised in status.problems if raised.topic is not Topic.SOUND)
        return Outcome(
            n_lines=status.n_lines,
            n_gaps=self._n_gaps,
            n_links=status.n_links,
            audio_ms=round(status.recorded_s * 1000),
            billed_s=status.billed_s,
            problem=unkept or self._problem or next((raised.problem for raised in standing), None),
        )

    def stop(self) -> None:
        """Capture no more; ``run`` returns when the rest is answered for."""
        self.is_stopped = True
        self.source.stop()
        self._moved.set()
        if self._capture is not None:
            self._loop.call_later(STOP_S, self._end_capture)

    def _end_capture(self) -> None:
        """End the source by force; one that is worth waiting for is looked at again."""
        assert self._capture is not None
        if self._capture.done():
            return
        if isinstance(self.source, Distant) and self.source.is_expecting:
            self._loop.call_later(STOP_S, self._end_capture)
        else:
            self._capture.cancel()

    def abandon(self) -> None:
        """Wait no longer for what is not answered; it becomes a gap."""
        if self._capture is not None:
            self._capture.cancel()
        self._tell(self._dictation.abandon)

    def pause(self) -> None:
        """Capture nothing until ``resume``."""
        if not self.is_paused:
            self.is_paused = True
            if isinstance(self.source, Distant):
                self.source.pause()
            self._tell(self._dictation.pause)

    def resume(self) -> None:
        """Capture again."""
        if self.is_paused:
            self.is_paused = False
            if isinstance(self.source, Distant):
                self.source.resume()
            self._tell(self._dictation.resume)

    def retry(self) -> None:
        """Connect now."""
        self._tell(self._dictation.retry)

    def switch(self, device: str) -> None:
        """Go on with another microphone, if this is a dictation from one."""
        if isinstance(self.source, Switchable):
            self.source.switch(device)

    def end_utterance(self) -> None:
        """End the sentence here."""
        self._tell(self._dictation.end_utterance)

    def announce(self, problem: Problem) -> None:
        """Say what somebody outside knows of the recogniser; the next link to it clears this."""
        self._is_announced = True
        self._say(ProblemRaised(Topic.RECOGNISER, problem))

    def status(self) -> Status:
        """A snapshot for the gauges."""
        return self._dictation.status(asyncio.get_running_loop().time())

    # ------------------------------------------------------------------------- the core's voice

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        """Tell the core something, and do what it answers."""
        what(*arguments, self._loop.time())
        for effect in self._dictation.take_effects():
            self._obey(effect)
        for change in self._dictation.take_changes():
            if not (self._is_deaf and change == ProblemCleared(Topic.CAPTURE)):
                self._say(change)
        self._moved.set()
        if self._timer is not None:
            self._timer.cancel()
        deadline_s = self._dictation.next_deadline_s()
        if deadline_s is not None:
            self._timer = self._loop.call_at(deadline_s, self._tell, self._dictation.tick)

    def _say(self, change: Change) -> None:
        """Have it told, after it is stored."""
        self._changes.put(change)
        self._changed.set()

    def _obey(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Open(link_id):
                self._outboxes[link_id] = asyncio.Queue()
                self._links[link_id] = self._group.create_task(self._run_link(link_id))
            case fx.Drop(link_id):
                self._links[link_id].cancel()
            case fx.StopSource():
                self.stop()
            case fx.Done():
                self._done.set()
            case (
                fx.Send(link_id)
                | fx.SendSilence(link_id)
                | fx.Finish(link_id)
                | fx.EndUtterance(link_id)
            ):
                self._outboxes[link_id].put_nowait(effect)

    # ------------------------------------------------------------------------- sound

    async def _capture_all(self) -> None:
        """Take the source's sound until it ends; then there is only the rest to wait for."""
        try:
            async with self.source as source:
                self._tell(self._dictation.started)
                async with aclosing(aiter(source)) as blocks:  # type: ignore[type-var]
                    async for item in blocks:
                        await self._receive(item)
        except ProblemError as error:
            self._problem = error.problem
            self._is_deaf = True
            self._tell(self._dictation.source_failed, error.problem)
        finally:
            self._tell_unkept()
            self._tell(self._dictation.stop)

    async def _receive(self, item: Item) -> None:
        """Whatever the source says."""
        match item:
            case bytes():
                await self._take(item)
            case Missing() if not await self._is_left_out():
                self._tell_unkept()
                self.keeper.append_silence(item.n_samples)
                reason = Reason.OVERRUN if item.is_overrun else Reason.NOT_CAPTURED
                self._tell(self._dictation.lost, item.n_samples, reason)
            case Named():
                self.keeper.note_source(item.name)
                self._say(SourceNamed(item.name, item.was))
                self._tell(self._dictation.source_changed)
            case Trouble():
                self._tell(self._dictation.source_failed, item.problem)
            case Mended(start_sample, pcm):
                self.keeper.mend(start_sample, pcm)

    async def _is_left_out(self) -> bool:
        """In a pause, what comes is not wanted; or it waits, if it was spoken before or can be."""
        if self.source.is_live and not isinstance(self.source, Distant):
            return self.is_paused
        while self.is_paused and not self.is_stopped:
            await self._next_move()
        return False

    async def _take(self, pcm: bytes) -> None:
        """One block: onto the disk first, then to everybody else."""
        if await self._is_left_out():
            return
        start_sample = self.keeper.n_samples
        is_kept = self.keeper.append(pcm)
        try:
            await self.keeper.written()
        finally:  # it is in memory at least, whoever cannot wait for the disk
            if isinstance(self.source, Distant):
                self.source.placed(start_sample)
            self._captured(pcm, is_kept=is_kept)
        if not self.source.is_live:
            while self.status().unsent_s > AHEAD_S and not self.is_stopped:
                await self._next_move()

    def _captured(self, pcm: bytes, *, is_kept: bool) -> None:
        level = measure(pcm)
        self.meter.heard(level)
        if is_kept:
            self._tell_unkept()
            self._tell(self._dictation.captured, len(pcm) // 2, level)
            return
        self._n_unkept += len(pcm) // 2
        if self._n_unkept >= self.source.format.samples(UNKEPT_S):
            self._tell_unkept()

    def _tell_unkept(self) -> None:
        """Sound that there was no room for is one gap, not one for each block."""
        n_samples, self._n_unkept = self._n_unkept, 0
        if n_samples:
            self._tell(self._dictation.lost, n_samples, Reason.NOT_KEPT)

    async def _next_move(self) -> None:
        """Wait until something has happened."""
        self._moved.clear()
        await self._moved.wait()

    # ------------------------------------------------------------------------- links

    async def _run_link(self, link_id: int) -> None:
        """One link from its opening to its end."""
        problem: Problem | None = None
        try:
            async with self.backend.connect(self.source.format) as link:
                self._tell(self._dictation.link_opened, link_id)
                if self._is_announced:
                    self._is_announced = False
                    self._say(ProblemCleared(Topic.RECOGNISER))
                async with asyncio.TaskGroup() as group:
                    writing = group.create_task(self._write(link_id, link))
                    throttle = Throttle(EVENTS_PER_S, EVENTS_AT_ONCE)
                    async with aclosing(aiter(link)) as events:  # type: ignore[type-var]
                        async for event in events:
                            self._tell(self._dictation.link_said, link_id, event)
                            await throttle.passed(_cost(event))
                    writing.cancel()
        except* ProblemError as group_error:
            problem = _first(group_error)
        finally:
            del self._outboxes[link_id], self._links[link_id]
        self._tell(self._dictation.link_closed, link_id, problem)

    async def _write(self, link_id: int, link: Link) -> None:
        """Send what the core wants sent, in order. If the link breaks, its reader says why."""
        outbox = self._outboxes[link_id]
        while True:
            effect = await outbox.get()
            pcm = b""
            try:
                if isinstance(effect, fx.Send):
                    pcm = await self.keeper.read(effect.start_sample, effect.end_sample)
                await _pass_on(effect, link, pcm)
            except ProblemError:
                return
            except UnreadableError as error:
                self._say(Noticed(error.problem))
                self._tell(self._dictation.unreadable, error.start, error.end)
                return
            if isinstance(effect, fx.Send):
                self._tell(self._dictation.sent, link_id, effect.end_sample)

    # ------------------------------------------------------------------------- keeping

    async def _store(self) -> None:
        """Store the changes, and then say them."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            changes = self._changes.take()
            await self.keeper.keep(changes)
            for change in changes:
                self._n_gaps += isinstance(change, GapMarked)
                self.on_change(change)
            if Finished() in changes:
                return

    def _disk_said(self, problem: Problem | None) -> None:
        """What is wrong with the disk has changed."""
        topic = Topic.DISK
        self._say(ProblemRaised(topic, problem) if problem else ProblemCleared(topic))

    async def _sync(self) -> None:
        """Make the recording outlive a power cut, as often as that should not cost more."""
        while True:
            await asyncio.sleep(SYNC_S)
            self.keeper.sync()


async def _pass_on(effect: fx.Effect, link: Link, pcm: bytes) -> None:
    match effect:
        case fx.Send():
            await link.send_audio(pcm)
        case fx.SendSilence():
            await link.send_silence(effect.n_samples)
        case fx.EndUtterance():
            await link.end_utterance()
        case fx.Finish():
            await link.finish()


def _cost(event: Event) -> float:
    """How much work an event may be, beside one that is a few words."""
    return 1 + len(event.text) / 500 if isinstance(event, Partial | Final | Refinement) else 1


def _stands_for(change: Change) -> str | None:
    """Of guesses that wait to be told, the newest is enough."""
    return "guess" if isinstance(change, PartialChanged) else None


def _first(group: BaseExceptionGroup[ProblemError]) -> Problem:
    """The problem in a group, however deep."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error.problem
