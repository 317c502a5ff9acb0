"""Recognises stretches of an old dictation again, and puts the new text in the place of the old.

Each stretch is replaced whole or not at all. A text is never given up for a gap: what no recogniser
answers for stays as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.changes import Change, Gap, Line, ProblemCleared, ProblemRaised, Reason, Topic
from skdictate.core.stretches import Stretch, Text
from skdictate.engine import Engine
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.library import Kept, Library
from skdictate.library.ownership import held
from skdictate.library.recording import Recording
from skdictate.library.removal import spend_sound
from skdictate.library.reviser import Reviser
from skdictate.library.revision import Maker, newest_link, supersede
from skdictate.library.tape import UnreadableError
from skdictate.sources.excerpt import Excerpt
from skdictate.studio import Studio

UNREACHABLE_S = 60.0
"""Without a recogniser for this long the old text stays; it can be tried again later."""

Choice = Callable[[Text], list[Stretch]]
"""What of a dictation is to be recognised again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is, in samples of all that is to be heard."""

    dictation_id: int
    n_done: int
    n_samples: int
    sound: Format
    phase: str
    """What it does, in a word."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    dictation_id: int
    n_stretches: int
    n_replaced: int
    lines: tuple[Line, ...]
    """The new ones."""
    n_unrecognised: int
    """Samples of the dictation that are still not recognised."""
    problem: Problem | None
    """Why not all of it was replaced."""
    has_sound: bool = True
    """The recording is still there."""


class Redo:
    """``run`` once. The dictation is ours meanwhile: nobody else recognises or deletes it."""

    def __init__(self, studio: Studio, dictation_id: int, choice: Choice) -> None:
        self.on_change: Callable[[Change], None] = lambda change: None
        """Told of what is heard, before it takes the place of the old; on the event loop."""
        self.dictation_id = dictation_id
        self._studio = studio
        self._choice = choice
        self._engine: Engine | None = None
        self._is_paused = self._is_stopped = False
        self._problem: Problem | None = None
        self._unreachable: asyncio.TimerHandle | None = None
        self._stretches: Sequence[Stretch] = ()
        self._at = 0

    async def run(self) -> Report:
        """Recognise all of it.

        Raises:
            ProblemError: there is no such dictation, no sound, or nothing to do; or somebody else
                works on it; or the library cannot be used.
        """
        library = await asyncio.to_thread(Library, self._studio.paths.library)
        try:
            return await self._run(library)
        finally:
            library.close()

    async def _run(self, library: Library) -> Report:
        kept = _find(library, self.dictation_id)
        path = self._studio.paths.recordings / Path(kept.about.recording).name
        with held(path) as is_ours:
            if not is_ours:
                raise ProblemError(_in_use(kept.id))
            kept = _find(library, self.dictation_id)
            self._stretches = self._choice(_text(kept, path))
            if not self._stretches:
                raise ProblemError(_nothing(kept.id))
            first_link = newest_link(library, kept.id)
            n_replaced = 0
            for self._at, stretch in enumerate(self._stretches):  # noqa: B020 - seen by progress
                if self._is_stopped:
                    break
                n_replaced += await self._again(library, path, stretch)
            after = _find(library, kept.id)
        await asyncio.to_thread(spend_sound, library, path.parent, kept.id)
        return Report(
            kept.id,
            len(self._stretches),
            n_replaced,
            tuple(line for line in after.lines if line.link_id > first_link),
            sum(gap.end_sample - gap.start_sample for gap in after.unrecognised),
            self._problem,
            path.exists(),
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
            self._studio.hear_of_server(self._engine)

    def progress(self) -> Progress | None:
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
        return Progress(self.dictation_id, n_done, n_samples, sound, status.phase)

    # ------------------------------------------------------------------------- one stretch

    async def _again(self, library: Library, path: Path, stretch: Stretch) -> bool:
        """Recognise one stretch; whether its text was replaced."""
        kept = _find(library, self.dictation_id)
        reviser = Reviser(kept.id, path, stretch, newest_link(library, kept.id))
        source = _source(reviser, Format(kept.about.rate_hz), stretch, kept.id)
        engine = self._engine = self._studio.engine_for(source, reviser, is_again=True)
        engine.on_change = self._heard
        if self._is_paused:  # as soon as it runs
            asyncio.get_running_loop().call_soon(engine.pause)
        try:
            outcome = await engine.run()
        finally:
            self._engine = None
            self._reached()
        self._complete(reviser, stretch)
        if problem := self._objection(reviser, stretch, outcome.problem):
            self._problem = problem
            return False
        maker = Maker(
            self._studio.backend.name,
            self._studio.settings.api,
            ", ".join(self._studio.languages),
            reviser.billed_s,
        )
        await asyncio.to_thread(supersede, library, kept, stretch, reviser.draft, maker)
        if reviser.draft.unrecognised:
            self._problem = outcome.problem or UNANSWERED
        return True

    def _complete(self, reviser: Reviser, stretch: Stretch) -> None:
        """What was not heard at all, since it was stopped, is a gap as before."""
        if reviser.n_samples >= stretch.end:
            return
        draft = reviser.draft
        last = draft.gaps[-1] if draft.gaps else None
        if last is not None and last.end_sample == reviser.n_samples and last.reason.is_recorded:
            draft.gaps[-1] = replace(last, end_sample=stretch.end)
        else:
            draft.gaps.append(Gap(reviser.n_samples, stretch.end, Reason.UNRECOGNISED))

    def _objection(
        self, reviser: Reviser, stretch: Stretch, problem: Problem | None
    ) -> Problem | None:
        """Why the old had better stay."""
        draft = reviser.draft
        if draft.unrecognised and (stretch.lines or not draft.lines):
            return problem or (STOPPED if self._is_stopped else UNANSWERED)
        if stretch.lines and not draft.lines:
            return WORDLESS
        return None

    def _heard(self, change: Change) -> None:
        match change:
            case ProblemRaised(Topic.LINK, problem):
                self._despair(problem)
            case ProblemCleared(Topic.LINK):
                self._reached()
        self.on_change(change)

    def _despair(self, problem: Problem) -> None:
        """What is recorded can wait, so nobody should wait for it without end."""
        if problem.is_permanent and self._engine is not None:
            self._engine.stop()
        elif self._unreachable is None:
            loop = asyncio.get_running_loop()
            self._unreachable = loop.call_later(UNREACHABLE_S, self.stop)

    def _reached(self) -> None:
        if self._unreachable is not None:
            self._unreachable.cancel()
            self._unreachable = None


def _source(reviser: Reviser, sound: Format, stretch: Stretch, dictation_id: int) -> Excerpt:
    """The stretch as a source."""

    async def read(start: int, end: int) -> bytes:
        try:
            return await reviser.read(start, end)
        except UnreadableError as error:
            raise ProblemError(error.problem) from error

    return Excerpt(read, sound, stretch.start, stretch.end, f"dictation {dictation_id}")


def _find(library: Library, dictation_id: int) -> Kept:
    kept = library.get(dictation_id)
    if kept is None:
        detail = f"There is none with number {dictation_id}"
        hint = "See the numbers with: skdictate history list"
        raise ProblemError(Problem(Kind.USAGE, "No such dictation", detail, hint, True))
    return kept


def _text(kept: Kept, path: Path) -> Text:
    """What of a dictation there is to choose from.

    Raises:
        ProblemError: there is no recording any more.
    """
    if not path.exists():
        raise ProblemError(
            Problem(
                Kind.USAGE,
                "The recording is gone",
                f"There is no {path}",
                "Without its sound, a dictation cannot be recognised again.",
                is_permanent=True,
            )
        )
    recording = Recording.open(path)
    recording.close()
    return Text(kept.lines, kept.gaps, recording.n_samples, recording.format)


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


UNANSWERED = Problem(
    Kind.NETWORK,
    "Not all of it was recognised",
    "The recogniser did not answer for a stretch",
    "Nothing is lost; try again later.",
)
STOPPED = Problem(
    Kind.USAGE,
    "It was stopped",
    "What was not heard by then is as it was",
    "Nothing is lost; try again whenever you like.",
)
WORDLESS = Problem(
    Kind.RECOGNISER,
    "The recogniser heard no words there",
    "The text is as it was",
    "Check the engine and the language.",
)
