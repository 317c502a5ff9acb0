"""Dictation without a screen: finals to standard output, everything else to standard error.

On a terminal the partial rewrites itself on standard error; in a pipe no escape code is written
anywhere.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from skdictate.core.changes import (
    Change,
    FindingMade,
    GapMarked,
    LineCommitted,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    SourceNamed,
    Topic,
)
from skdictate.engine import Engine, Outcome
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.output.formats import FORMATS, noted
from skdictate.sources.base import Source
from skdictate.studio import Studio

UNREACHABLE_S = 60.0
"""A recording is not transcribed for ever: without a recogniser for this long, it ends."""
LAST_WORDS_S = 5.0
"""After a signal, the recogniser's last finals are waited for this long."""
_SIGNALS = {
    "SIGINT": Exit.INTERRUPTED,
    "SIGTERM": Exit.TERMINATED,
    "SIGHUP": Exit.HANGUP,
}


class Notes:
    """Standard error: problems as lines, and the partial where a terminal can rewrite it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._is_partial = False

    def say(self, words: str) -> None:
        """A line for the user."""
        self.clear()
        self._write(f"skdictate: {words}\n")

    def partial(self, text: str) -> None:
        """The words that may still change: their end, as far as a line has room."""
        if not self._is_terminal:
            return
        width = shutil.get_terminal_size().columns - 3
        shown = text if len(text) <= width else "…" + text[1 - width :]
        self._write(f"\r\x1b[K{shown}")
        self._is_partial = bool(shown)

    def clear(self) -> None:
        """Make room for something that stays."""
        if self._is_partial:
            self._write("\r\x1b[K")
            self._is_partial = False

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody listens: no reason to end a dictation
            self._stream.write(text)
            self._stream.flush()


class Run:
    """One dictation and what it prints."""

    def __init__(self, studio: Studio, source: Source, out: TextIO, notes: Notes) -> None:
        self.engine: Engine = studio.engine(source)
        self.engine.on_change = self._change
        self.signalled: Exit | None = None
        self._writer = FORMATS[studio.settings.format](source.format)
        self._out = out
        self._notes = notes
        self._unreachable: asyncio.TimerHandle | None = None

    async def run(self) -> Exit:
        """Dictate to the end; the exit code."""
        self._write(self._writer.begin())
        outcome = await self.engine.run()
        self._cancel_timer()
        self._notes.clear()
        if overruns := self.engine.source.overruns:
            self._notes.say(f"this machine was too busy to take the sound, {overruns} times")
        self._write(
            self._writer.end(outcome.audio_ms, outcome.n_lines, outcome.n_links, outcome.billed_s)
        )
        return self.signalled or exit_code(outcome)

    def interrupt(self, code: Exit) -> None:
        """A signal: stop in good order; a second one: stop."""
        if self.signalled is not None:
            self.engine.abandon()
            return
        self.signalled = code
        self.engine.stop()
        asyncio.get_running_loop().call_later(LAST_WORDS_S, self.engine.abandon)

    def _change(self, change: Change) -> None:
        match change:
            case PartialChanged():
                self._notes.partial(change.text)
            case LineCommitted() | GapMarked():
                self._notes.clear()
            case FindingMade(finding):
                self._notes.say(noted(self.engine.source.format, finding))
            case ProblemRaised(topic, problem):
                self._notes.say(str(problem))
                if topic is Topic.LINK:
                    self._despair(problem)
            case SourceNamed(name, was):
                self._notes.say(f"hearing {name}" + (f", was {was}" if was else ""))
            case ProblemCleared(Topic.LINK):
                self._cancel_timer()
                self._notes.say("The recogniser answers again.")
        self._write(self._writer.change(change))

    def _despair(self, problem: Problem) -> None:
        """A recording can be sent again later, so nobody should wait for it without end."""
        if self.engine.source.is_live:
            return
        if problem.is_permanent:
            self.engine.stop()
        elif self._unreachable is None:
            loop = asyncio.get_running_loop()
            self._unreachable = loop.call_later(UNREACHABLE_S, self.engine.stop)

    def _cancel_timer(self) -> None:
        if self._unreachable is not None:
            self._unreachable.cancel()
            self._unreachable = None

    def _write(self, text: str) -> None:
        """The transcript; a reader that has gone away ends the dictation, not the program."""
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._out.fileno())  # for what is still to be flushed, too
            os.close(nothing)
            self.engine.stop()


def exit_code(outcome: Outcome) -> Exit:
    """What a command that did this ends with."""
    problem = outcome.problem
    is_ours = problem is not None and problem.kind in (Kind.DISK, Kind.MICROPHONE, Kind.USAGE)
    if problem is not None and (is_ours or not outcome.n_lines):
        return problem.exit_code
    return Exit.GAP if outcome.n_gaps else Exit.DONE


async def dictate(studio: Studio, sources: list[Source]) -> Exit:
    """One dictation after the other; the first exit code that is not "done"."""
    notes = Notes(sys.stderr)
    codes: list[Exit] = []
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(studio.server.run()) if studio.server else None
        try:
            with opened(studio.settings.output) as out:
                for source in sources:
                    notes.say(f"{source.name}: {studio.backend.name} on {studio.place}")
                    run = Run(studio, source, out, notes)
                    with _signals(run.interrupt):
                        codes.append(await run.run())
                    if run.signalled is not None:
                        break
        finally:
            if serving is not None:
                serving.cancel()
            await studio.close()
    return next((code for code in codes if code), Exit.DONE)


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Standard output, or the file that was asked for.

    Raises:
        ProblemError: the file cannot be written.
    """
    if not path:
        yield sys.stdout
        return
    try:
        file = Path(path).expanduser().open("w", encoding="utf-8")
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        problem = Problem(Kind.DISK, "The output cannot be written", detail, is_permanent=True)
        raise ProblemError(problem) from error
    with file:
        yield file


@contextmanager
def _signals(handler: Callable[[Exit], None]) -> Iterator[None]:
    """While inside, a signal that would end the program is a request to end in good order."""
    loop = asyncio.get_running_loop()
    caught: list[signal.Signals] = []
    for name, code in _SIGNALS.items():
        number = getattr(signal, name, None)
        with suppress(NotImplementedError):  # a loop on Windows knows no signals
            if number is not None:
                loop.add_signal_handler(number, handler, code)
                caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
