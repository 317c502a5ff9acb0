"""Runs ``history redo``: new text goes to standard output, everything else to standard error."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from skdictate.app.archive import Archive
from skdictate.app.factory import Factory
from skdictate.app.reprocess import Choice, Reprocessing
from skdictate.app.reprocess_report import ReprocessReport
from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, ProblemCleared, ProblemRaised
from skdictate.errors import Exit, Problem, ProblemError
from skdictate.library.stored_dictation import DictationInfo
from skdictate.output.formats import rendered
from skdictate.output.phrases import clock
from skdictate.output.problem_notes import Trouble
from skdictate.output.sinks import opened
from skdictate.output.stderr_notes import StderrNotes
from skdictate.output.unfinished_text import length
from skdictate.settings.config import Config, Settings
from skdictate.system.paths import Paths
from skdictate.system.signals import signals

PROGRESS_S = 0.25
"""Interval between progress lines."""


def reprocess(config: Config, paths: Paths, number: int | None, choice: Choice) -> Exit:
    """Recognise a dictation, or a part of it, again.

    Args:
        config: the settings in force.
        paths: where the library is.
        number: the dictation; None for the newest unfinished one, or else the newest.
        choice: selects the part to recognise.

    Raises:
        ProblemError: there is no such dictation, or settings contradict each other.
    """
    archive = Archive(paths)
    found = archive.look(config.settings)
    if number is None and found.unfinished:
        number = found.unfinished[0].dictation_id
    kept = archive.get(number)
    factory = Factory(settings_for(config, kept.about), paths)
    return asyncio.run(
        _reprocess(factory, Reprocessing(factory, kept.id, choice), Format(kept.about.rate_hz))
    )


def settings_for(config: Config, about: DictationInfo) -> Settings:
    """The settings in force, in the language of the dictation unless they name another."""
    languages = tuple(it for it in about.language.split(", ") if it)
    if config.origins["language"] == "default" and languages:
        return replace(config.settings, language=languages)
    return config.settings


async def _reprocess(factory: Factory, redo: Reprocessing, sound: Format) -> Exit:
    notes = StderrNotes(sys.stderr)
    notes.say(f"dictation {redo.dictation_id}: {factory.backend.name} on {factory.recogniser.way}")
    printed: list[Problem] = []
    trouble = Trouble(notes)

    def print_problem(change: Change) -> None:
        match change:
            case ProblemRaised(topic, problem):
                printed.append(problem)
                trouble.raised(topic, problem)
            case ProblemCleared(topic):
                trouble.cleared(topic)

    redo.on_change = print_problem
    signalled: list[Exit] = []

    def interrupt(code: Exit) -> None:
        signalled.append(code)
        redo.stop()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_watch(redo, notes))]
        if factory.server is not None:
            tasks.append(group.create_task(factory.server.run()))
        try:
            with opened(factory.settings.output) as sink, signals(interrupt):
                report = await redo.run()
                notes.clear()
                sink.put(rendered(factory.settings.format, sound, report.lines, ()))
                is_complete = _code(report) is Exit.DONE and not signalled
                if words := sink.settle(is_complete=is_complete):
                    notes.say(words)
        except ProblemError as error:
            notes.say(str(error.problem))
            return error.problem.exit_code
        finally:
            for task in tasks:
                task.cancel()
            await factory.close()
    for words in _summary(report, sound, printed):
        notes.say(words)
    return signalled[0] if signalled else _code(report)


async def _watch(redo: Reprocessing, notes: StderrNotes) -> None:
    """Print the progress for ever, on a terminal where the line can be rewritten."""
    while True:
        if at := redo.progress():
            done, whole = (clock(at.sound.ms(n)) for n in (at.n_done, at.n_samples))
            notes.partial(f"{done} of {whole}, {at.phase}")
        await asyncio.sleep(PROGRESS_S)


def _summary(report: ReprocessReport, sound: Format, printed: list[Problem]) -> list[str]:
    """The result as lines to print; problems in ``printed`` are left out."""
    words = [] if report.problem is None or report.problem in printed else [str(report.problem)]
    parts = "1 part" if report.n_stretches == 1 else f"{report.n_stretches} parts"
    words.append(
        f"dictation {report.dictation_id}: {report.n_replaced} of {parts} replaced,"
        f" {len(report.lines)} lines"
    )
    if report.n_unrecognised:
        left = length(report.n_unrecognised, sound.rate_hz)
        words.append(f"{left} not recognised yet; the recording is kept")
    elif not report.has_sound:
        words.append("everything is recognised; the recording was removed")
    return words


def _code(report: ReprocessReport) -> Exit:
    if report.problem is not None and report.n_replaced < report.n_stretches:
        return report.problem.exit_code
    return Exit.GAP if report.n_unrecognised else Exit.DONE
