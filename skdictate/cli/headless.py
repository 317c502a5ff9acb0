"""Dictation without a screen: finals go to standard output, everything else to standard error.

On a terminal the partial is rewritten in place on standard error; into a pipe no escape sequences
are written.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

from skdictate.app.archive import Archive
from skdictate.app.factory import Factory
from skdictate.app.reach_limit import ReachLimit
from skdictate.app.reprocess import Reprocessing
from skdictate.core.changes import (
    Change,
    FindingMade,
    GapMarked,
    LineCommitted,
    Noticed,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    SourceNamed,
    Topic,
)
from skdictate.core.repaired_ranges import Part
from skdictate.engine import Engine, Outcome
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.output.closing_sentence import closing
from skdictate.output.formats import FORMATS
from skdictate.output.nonblocking_stream import NonBlockingStream, are_one
from skdictate.output.phrases import noted
from skdictate.output.problem_notes import OF_RECOGNISER, Trouble
from skdictate.output.sinks import Sink, opened
from skdictate.output.stderr_notes import StderrNotes
from skdictate.output.unfinished_text import offered, removed
from skdictate.sources.base import Source
from skdictate.system import boundary, standard_streams
from skdictate.system.signals import signals

DISK_WAIT_S = 1.0
"""How long the end of a dictation waits for a disk that does not answer."""
SIGNAL_POLL_S = 0.2
"""Interval between checks for a signal while output drains."""
LAST_FINALS_S = 5.0
"""How long a dictation waits for the recogniser's last finals after a signal."""


class HeadlessRun:
    """Runs one dictation and prints its results."""

    def __init__(
        self, factory: Factory, source: Source, out: NonBlockingStream, notes: StderrNotes
    ) -> None:
        self._factory = factory
        self.engine: Engine = factory.engine(source)
        self.engine.on_change = self._change
        self.signalled: Exit | None = None
        self.is_complete = False
        """Whether all recorded speech is in the text."""
        self._writer = FORMATS[factory.settings.format](source.format)
        self._out = out
        self._notes = notes
        self._trouble = Trouble(notes)
        self._n_missing = 0
        """Number of samples that were recorded and not recognised."""
        self._reach_limit = ReachLimit(self.engine.stop, self.engine.stop)
        self._reprocessing: Reprocessing | None = None
        self._is_warned = False
        """Whether the user was told that the transcript cannot be written."""

    async def run(self) -> Exit:
        """Dictate until the sound ends or a signal comes; returns the exit code."""
        loop = asyncio.get_running_loop()
        self._out.on_gone = lambda: loop.call_soon_threadsafe(self.engine.stop)
        self._write(self._writer.begin())
        outcome = await self.engine.run()
        self._reach_limit.reached()
        self._notes.clear()
        number = self.engine.store.dictation_id
        if number is not None and outcome.repaired and not self.engine.store.is_waiting:
            await self._recognise_again(number, outcome.repaired)
        if number is not None and not self._factory.settings.keep_audio:
            archive = Archive(self._factory.paths)
            if words := await asyncio.to_thread(archive.spend_sound, number):
                self._notes.say(words)
        if overruns := self.engine.source.overruns:
            self._notes.say(f"audio overruns because this machine was too busy: {overruns}")
        self._write(
            self._writer.end(
                outcome.audio_ms, outcome.n_lines, outcome.n_sessions, outcome.billed_s
            )
        )
        self._close(outcome)
        code = exit_code(outcome)
        for problem in (outcome.problem if code is Exit.DISK else None, await self._drained()):
            if problem is not None:
                self._notes.say(str(problem))
                code = Exit.DISK
        if self.engine.store.is_waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(DISK_WAIT_S):
                    await self.engine.store.close_files()
        was_cut_short = self.signalled is not None and not self.engine.source.is_live
        self.is_complete = code is Exit.DONE and not was_cut_short
        return self.signalled or code

    def _close(self, outcome: Outcome) -> None:
        """Print what is missing from the text, and how to get it."""
        source = self.engine.source
        number = self.engine.store.dictation_id
        n_samples = source.format.samples(outcome.audio_ms / 1000)
        rate_hz, n_missing = source.format.rate_hz, self._n_missing
        if words := closing(source.name, rate_hz, n_missing, n_samples, outcome.problem, number):
            self._notes.say(words)

    async def _recognise_again(self, number: int, parts: Sequence[Part]) -> None:
        """Recognise the ranges again whose sound was repaired, and update the library."""
        self._reprocessing = Reprocessing(self._factory, number, lambda text: text.parts(parts))
        try:
            report = await self._reprocessing.run()
        except ProblemError as error:
            self._notes.say(str(error.problem))
            return
        finally:
            self._reprocessing = None
        if report.n_replaced:
            lines = "1 line" if len(report.lines) == 1 else f"{len(report.lines)} lines"
            self._notes.say(
                f"{lines} recognised again because missing sound arrived late."
                f" To see them: skdictate history show {number}"
            )
        if report.problem is not None:
            self._notes.say(str(report.problem))

    async def _drained(self) -> Problem | None:
        """Wait until the transcript is written; returns the problem if it cannot be."""
        while (
            not await asyncio.to_thread(self._out.drain, SIGNAL_POLL_S) and self.signalled is None
        ):
            pass
        return self._out.problem

    def interrupt(self, code: Exit) -> None:
        """Handle a signal: the first one stops in good order, a second one stops at once."""
        if self.signalled is not None:
            self.engine.abandon()
            if self._reprocessing is not None:
                self._reprocessing.stop()
            return
        self.signalled = code
        self.engine.stop()
        asyncio.get_running_loop().call_later(LAST_FINALS_S, self.engine.abandon)

    def _change(self, change: Change) -> None:
        match change:
            case PartialChanged():
                self._notes.partial(change.text)
            case LineCommitted():
                self._notes.clear()
            case GapMarked(gap):
                self._notes.clear()
                self._n_missing += gap.reason.is_recorded * (gap.end_sample - gap.start_sample)
            case FindingMade(finding):
                self._notes.say(noted(self.engine.source.format, finding))
            case ProblemRaised() | ProblemCleared():
                self._trouble_changed(change)
            case Noticed(problem):
                self._notes.say(str(problem))
            case SourceNamed(name, was):
                self._notes.say(f"microphone: {name}" + (f" (was {was})" if was else ""))
        self._print(change)

    def _trouble_changed(self, change: ProblemRaised | ProblemCleared) -> None:
        is_session = change.topic is Topic.LINK
        if isinstance(change, ProblemRaised):
            self._trouble.raised(change.topic, change.problem)
            if is_session and not self.engine.source.is_live:
                self._reach_limit.failed(change.problem)
            return
        was_said = self._trouble.cleared(change.topic)
        if is_session:
            self._reach_limit.reached()
        if was_said and change.topic in OF_RECOGNISER:
            self._notes.say("The recogniser is answering again.")

    def _print(self, change: Change) -> None:
        """Write a change to the transcript; warn once if it cannot be written."""
        if not (isinstance(change, PartialChanged) and self._out.is_behind):
            self._write(self._writer.change(change))
        if not self._is_warned and (left := self._out.problem) is not None:
            self._is_warned = True
            self._notes.say(f"{left} Retrying.")

    def _write(self, text: str) -> None:
        """Write whole lines of the transcript; a partial on the screen moves below them."""
        if text:
            with self._notes.made_way(self._out):
                self._out.write(text)


def exit_code(outcome: Outcome) -> Exit:
    """The exit code for the outcome of a dictation."""
    problem = outcome.problem
    is_ours = problem is not None and problem.kind in (Kind.DISK, Kind.MICROPHONE, Kind.USAGE)
    if problem is not None and (is_ours or not outcome.n_lines):
        return problem.exit_code
    return Exit.GAP if outcome.n_gaps else Exit.DONE


async def dictate(factory: Factory, sources: list[Source]) -> Exit:
    """Dictate from each source in turn.

    Args:
        factory: builds the parts of a dictation from the settings.
        sources: the sources; if empty, the one that the settings name is used.

    Returns:
        The first exit code that is not ``DONE``.

    Raises:
        ProblemError: there is no such source, or the output cannot be written.
    """
    if not sources:
        await factory.sound.settle()
        sources = [factory.sound.source()]
    shared = NonBlockingStream(sys.stderr)
    notes = StderrNotes(shared)
    with opened(factory.settings.output) as sink, boundary.saying(notes.say):
        return await _dictate(factory, sources, sink, shared, notes)


async def _dictate(
    factory: Factory,
    sources: list[Source],
    sink: Sink,
    shared: NonBlockingStream,
    notes: StderrNotes,
) -> Exit:
    if 1 in standard_streams.closed and not factory.settings.output:
        notes.say("Standard output is closed. The text is saved in the library only.")
    out = shared if are_one(sink.stream, sys.stderr) else NonBlockingStream(sink.stream)
    codes: list[Exit] = []
    is_complete = True
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(_check_library, factory, notes))  # not awaited
        tasks = [group.create_task(it.run()) for it in (factory.server, factory.sound.hub) if it]
        try:
            for source in sources:
                notes.say(f"{source.name}: {factory.backend.name} on {factory.recogniser.way}")
                run = HeadlessRun(factory, source, out, notes)
                with signals(run.interrupt):
                    codes.append(await run.run())
                is_complete = is_complete and run.is_complete
                if run.signalled is not None:
                    break
            codes.append(_settle(sink, notes, is_complete=is_complete))
            if out is not shared:
                out.close()
        finally:
            for task in tasks:
                task.cancel()
            if factory.sound.hub is not None:
                factory.sound.hub.close()
            await factory.close()
            await asyncio.to_thread(notes.close)
    return next((code for code in codes if code), Exit.DONE)


def _settle(sink: Sink, notes: StderrNotes, *, is_complete: bool) -> Exit:
    """Finish the output file; print a note or a problem if there is one."""
    try:
        if words := sink.settle(is_complete=is_complete):
            notes.say(words)
    except ProblemError as error:
        notes.say(str(error.problem))
        return error.problem.exit_code
    return Exit.DONE


def _check_library(factory: Factory, notes: StderrNotes) -> None:
    """Recover dictations of killed processes, and print what is not recognised yet."""
    try:
        found = Archive(factory.paths).look(factory.settings)
    except ProblemError as error:
        notes.say(str(error.problem))
        return
    if words := removed(found):
        notes.say(f"removed {words}")
    if words := offered(found):
        notes.say(f"{words} To recognise it now: skdictate history redo")
