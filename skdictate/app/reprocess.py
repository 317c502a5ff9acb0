"""Recognises parts of a past dictation again.

Each range is replaced as a whole or not at all. A text is never replaced by a gap: where the
recogniser gives no answer, the old text stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from skdictate.app import original_dictation
from skdictate.app.factory import Factory
from skdictate.app.reach_limit import ReachLimit
from skdictate.app.replacement_rule import STOPPED, UNANSWERED, objection
from skdictate.app.reprocess_report import ReprocessProgress, ReprocessReport
from skdictate.core.changes import Change, ProblemCleared, ProblemRaised, Topic
from skdictate.engine import Engine
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library import daily_spending
from skdictate.library.library import Library
from skdictate.library.recording_lock import held
from skdictate.library.removal import spend_sound
from skdictate.library.reprocess_ranges import ReprocessRange, TextSelection
from skdictate.library.reprocess_writer import ReprocessWriter
from skdictate.library.revision import Maker, newest_session, supersede
from skdictate.system.paths import is_there

Choice = Callable[[TextSelection], list[ReprocessRange]]
"""Selects the ranges of a dictation to recognise again."""


class Reprocessing:
    """One run over a dictation, which is locked against other processes meanwhile."""

    def __init__(self, factory: Factory, dictation_id: int, choice: Choice) -> None:
        self.on_change: Callable[[Change], None] = lambda change: None
        """Called on the event loop for each change, before old text is replaced."""
        self.dictation_id = dictation_id
        self._factory = factory
        self._choice = choice
        self._engine: Engine | None = None
        self._is_paused = self._is_stopped = False
        self._problem: Problem | None = None
        self._reach_limit = ReachLimit(self._refused, self.stop)
        self._stretches: Sequence[ReprocessRange] = ()
        self._at = 0

    async def run(self) -> ReprocessReport:
        """Recognise all chosen ranges.

        Raises:
            ProblemError: there is no such dictation, no recording, or nothing to do; another
                process works on it; or the library cannot be used.
        """
        library = await asyncio.to_thread(Library, self._factory.paths.library)
        try:
            return await self._run(library)
        finally:
            library.close()

    async def _run(self, library: Library) -> ReprocessReport:
        kept = original_dictation.find(library, self.dictation_id)
        path = self._factory.paths.recordings / Path(kept.about.recording).name
        with held(path) as is_ours:
            if not is_ours:
                raise ProblemError(_in_use(kept.id))
            kept = original_dictation.find(library, self.dictation_id)
            self._stretches = self._choice(original_dictation.text(kept, path))
            if not self._stretches:
                raise ProblemError(_nothing(kept.id))
            first_session = newest_session(library, kept.id)
            n_replaced = 0
            for self._at, stretch in enumerate(self._stretches):  # noqa: B020 - seen by progress
                if self._is_stopped:
                    break
                n_replaced += await self._again(library, path, stretch)
            after = original_dictation.find(library, kept.id)
        await asyncio.to_thread(spend_sound, library, path.parent, kept.id)
        return ReprocessReport(
            kept.id,
            len(self._stretches),
            n_replaced,
            tuple(line for line in after.lines if line.session_number > first_session),
            sum(gap.end_sample - gap.start_sample for gap in after.unrecognised),
            self._problem,
            is_there(path),
        )

    def stop(self) -> None:
        """Stop; ranges that are not finished keep their old text."""
        self._is_stopped = True
        if self._engine is not None:
            self._engine.stop()
            self._engine.abandon()

    def pause(self) -> None:
        """Pause, since a dictation has priority."""
        self._is_paused = True
        if self._engine is not None:
            self._engine.pause()

    def resume(self) -> None:
        """Continue after ``pause``."""
        self._is_paused = False
        if self._engine is not None:
            self._engine.resume()
            self._factory.hear_of_server(self._engine)

    def _refused(self) -> None:
        """Give up this range; the recogniser refuses it, but may accept the next."""
        if self._engine is not None:
            self._engine.stop()

    def progress(self) -> ReprocessProgress | None:
        """The progress; None before recognition has begun."""
        engine = self._engine
        if engine is None or not self._stretches:
            return None
        status = engine.status()
        sound = engine.source.format
        stretch = self._stretches[self._at]
        settled = sound.samples(status.recorded_s - status.unsettled_s)
        n_before = sum(it.n_samples for it in self._stretches[: self._at])
        n_done = n_before + min(max(0, settled - stretch.start), stretch.n_samples)
        n_samples = sum(it.n_samples for it in self._stretches)
        return ReprocessProgress(self.dictation_id, n_done, n_samples, sound, status.phase)

    # ------------------------------------------------------------------------- one range

    async def _again(self, library: Library, path: Path, stretch: ReprocessRange) -> bool:
        """Recognise one range; returns whether its text was replaced."""
        kept = original_dictation.find(library, self.dictation_id)
        reviser = ReprocessWriter(kept.id, path, stretch, newest_session(library, kept.id))
        source = original_dictation.sound(kept, stretch, reviser)
        engine = self._engine = self._factory.engine_for(source, reviser, is_again=True)
        engine.on_change = self._forward
        if self._is_paused:  # as soon as it runs
            asyncio.get_running_loop().call_soon(engine.pause)
        try:
            outcome = await engine.run()
        finally:
            self._engine = None
            self._reach_limit.reached()
        await asyncio.to_thread(daily_spending.note, library, reviser.billed_s)
        reviser.draft.complete(reviser.n_samples, stretch.end)
        problem = outcome.problem or (STOPPED if self._is_stopped else UNANSWERED)
        if against := objection(reviser.draft, stretch, problem):
            self._problem = against
            return False
        maker = Maker(
            self._factory.backend.name,
            self._factory.settings.api,
            ", ".join(self._factory.recogniser.languages),
            reviser.billed_s,
        )
        await asyncio.to_thread(supersede, library, kept, stretch, reviser.draft, maker)
        if reviser.draft.unrecognised:
            self._problem = outcome.problem or UNANSWERED
        return True

    def _forward(self, change: Change) -> None:
        match change:
            case ProblemRaised(Topic.LINK, problem):
                self._reach_limit.failed(problem)
            case ProblemCleared(Topic.LINK):
                self._reach_limit.reached()
        self.on_change(change)


def _in_use(dictation_id: int) -> Problem:
    return Problem(
        Kind.USAGE,
        "This dictation is in use",
        f"Number {dictation_id} is being dictated or recognised again",
        "Wait until that has finished.",
    )


def _nothing(dictation_id: int) -> Problem:
    return Problem(
        Kind.USAGE,
        "There is nothing to recognise",
        f"Dictation {dictation_id} has no such part with a recording",
        "To recognise all of it again: skdictate history redo --all",
        is_permanent=True,
    )
