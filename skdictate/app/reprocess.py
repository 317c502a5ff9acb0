"""One dictation that is recognised again, stretch after stretch.

Each stretch is replaced whole or not at all. A text is never given up for a gap: what no recogniser
answers for stays as it was.
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
"""What of a dictation is to be recognised again."""


class Reprocessing:
    """``run`` once. The dictation is ours meanwhile: nobody else recognises or deletes it."""

    def __init__(self, factory: Factory, dictation_id: int, choice: Choice) -> None:
        self.on_change: Callable[[Change], None] = lambda change: None
        """Told of what is heard, before it takes the place of the old; on the event loop."""
        self.dictation_id = dictation_id
        self._factory = factory
        self._choice = choice
        self._engine: Engine | None = None
        self._is_paused = self._is_stopped = False
        self._problem: Problem | None = None
        self._patience = ReachLimit(self._refused, self.stop)
        self._stretches: Sequence[ReprocessRange] = ()
        self._at = 0

    async def run(self) -> ReprocessReport:
        """Recognise all of it.

        Raises:
            ProblemError: there is no such dictation, no sound, or nothing to do; or somebody else
                works on it; or the library cannot be used.
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
        """Enough: what was not heard yet stays as it was."""
        self._is_stopped = True
        if self._engine is not None:
            self._engine.stop()
            self._engine.abandon()

    def pause(self) -> None:
        """Rest for a while: somebody speaks, and comes first."""
        self._is_paused = True
        if self._engine is not None:
            self._engine.pause()

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        if self._engine is not None:
            self._engine.resume()
            self._factory.hear_of_server(self._engine)

    def _refused(self) -> None:
        """The recogniser wants nothing of this stretch; of the next it may."""
        if self._engine is not None:
            self._engine.stop()

    def progress(self) -> ReprocessProgress | None:
        """How far it is; None before it has begun."""
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

    # ------------------------------------------------------------------------- one stretch

    async def _again(self, library: Library, path: Path, stretch: ReprocessRange) -> bool:
        """Recognise one stretch; whether its text was replaced."""
        kept = original_dictation.find(library, self.dictation_id)
        reviser = ReprocessWriter(kept.id, path, stretch, newest_session(library, kept.id))
        source = original_dictation.sound(kept, stretch, reviser)
        engine = self._engine = self._factory.engine_for(source, reviser, is_again=True)
        engine.on_change = self._heard
        if self._is_paused:  # as soon as it runs
            asyncio.get_running_loop().call_soon(engine.pause)
        try:
            outcome = await engine.run()
        finally:
            self._engine = None
            self._patience.reached()
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

    def _heard(self, change: Change) -> None:
        match change:
            case ProblemRaised(Topic.LINK, problem):
                self._patience.failed(problem)
            case ProblemCleared(Topic.LINK):
                self._patience.reached()
        self.on_change(change)


def _in_use(dictation_id: int) -> Problem:
    return Problem(
        Kind.USAGE,
        "Somebody works on this dictation",
        f"Number {dictation_id} is being dictated, or recognised again",
        "Wait until that is over.",
    )


def _nothing(dictation_id: int) -> Problem:
    return Problem(
        Kind.USAGE,
        "There is nothing to recognise there",
        f"Dictation {dictation_id} has no such stretch with sound",
        "For all of it: skdictate history redo --all",
        is_permanent=True,
    )
