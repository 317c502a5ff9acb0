"""What was dictated before is heard again: each number once, and no text given up for a gap."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.app.factory import Factory
from skdictate.app.replacement_rule import WORDLESS
from skdictate.app.reprocess import Choice, Reprocessing
from skdictate.app.reprocess_report import ReprocessReport
from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line, LineCommitted, Reason
from skdictate.errors import ProblemError
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.recording_lock import held
from skdictate.library.reprocess_ranges import ReprocessRange, TextSelection
from skdictate.library.stored_dictation import StoredDictation
from skdictate.server.recogniser import Utterance
from skdictate.settings.config import Settings
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.library.test_library import ABOUT
from tests.support.number_recogniser import EchoRecogniser, EchoStream, count, numbers

SOUND = Format(16_000)
PCM = count(1, 30, SOUND, gap_s=0.05, pause_s=0.5, run=10)
N_SAMPLES = len(PCM) // 2
THIRD = N_SAMPLES // 3
NOBODY = Endpoint("unix:/nowhere/s", is_plaintext=True)


def line(number: int, text: str) -> Line:
    """One of three: from the first number of its ten to the last."""
    start = (number - 1) * THIRD
    return Line(number, text, start, start + THIRD - SOUND.samples(0.5), 1)


def said(first: int, last: int) -> str:
    return " ".join(str(n) for n in range(first, last + 1))


ALL = tuple(line(n, said(10 * n - 9, 10 * n)) for n in (1, 2, 3))
HOLE = Gap(THIRD, 2 * THIRD, Reason.UNRECOGNISED)


def keep(
    paths: Paths,
    lines: tuple[Line, ...],
    gaps: tuple[Gap, ...] = (),
    *,
    keeps_audio: bool = True,
    pcm: bytes = PCM,
) -> int:
    """A dictation of thirty numbers, ten in a line; or of something else."""
    recording = Recording.create(paths.recordings / "a.wav", SOUND)
    recording.append(pcm)
    recording.close()
    library = Library(paths.library)
    number = library.begin(replace(ABOUT, keeps_audio=keeps_audio))
    for it in lines:
        library.add_line(number, it)
    for gap in gaps:
        library.add_gap(number, gap)
    library.finish(number, len(pcm) // 2)
    library.close()
    return number


def kept(paths: Paths) -> StoredDictation:
    library = Library(paths.library)
    it = library.get(1)
    library.close()
    assert it is not None
    return it


class Again:
    """A redo and all that belongs to it."""

    def __init__(self, paths: Paths, endpoint: Endpoint, choice: Choice, number: int = 1) -> None:
        self.factory = Factory(Settings(endpoint=endpoint.target, plaintext=True), paths, {})
        backend = self.factory.backend
        backend.limits = replace(backend.limits, catch_up=float("inf"))
        self.redo = Reprocessing(self.factory, number, choice)

    async def run(self) -> ReprocessReport:
        try:
            async with asyncio.timeout(30):
                return await self.redo.run()
        finally:
            await self.factory.close()


async def test_a_gap_in_the_middle_is_filled(serving: Serving, paths: Paths) -> None:
    keep(paths, (ALL[0], replace(ALL[2], number=2)), (HOLE,))
    async with serving() as endpoint:
        report = await Again(paths, endpoint, TextSelection.missing).run()
    after = kept(paths)
    assert numbers(after.text) == list(range(1, 31))
    assert [it.number for it in after.lines] == [1, 2, 3]
    assert after.lines[1].start_sample == THIRD, "its place is that on the recording"
    assert (after.state, after.gaps) == ("done", ())
    assert (report.n_replaced, report.n_unrecognised, report.problem) == (1, 0, None)
    assert [it.text for it in report.lines] == [said(11, 20)]


async def test_gaps_are_filled_one_by_one_at_any_rate(serving: Serving, paths: Paths) -> None:
    rest = Gap(2 * THIRD, N_SAMPLES, Reason.UNFINISHED)
    keep(paths, (line(1, said(11, 20)),), (Gap(0, 100, Reason.UNRECOGNISED), rest))
    first = Gap(0, THIRD, Reason.UNRECOGNISED)

    def both(_text: TextSelection) -> list[ReprocessRange]:
        return [
            ReprocessRange(0, THIRD, (), ()),
            ReprocessRange(rest.start_sample, N_SAMPLES, (), (rest,)),
        ]

    async with serving() as endpoint:
        report = await Again(paths, endpoint, both).run()
    assert [it.text for it in report.lines] == [said(1, 10), said(21, 30)]
    assert report.n_unrecognised == first.end_sample - first.start_sample - THIRD + 100


async def test_lines_and_all_of_it_get_a_new_text(serving: Serving, paths: Paths) -> None:
    keep(paths, (ALL[0], line(2, "something else"), ALL[2]))
    async with serving() as endpoint:
        await Again(paths, endpoint, lambda text: text.numbered(2, 2)).run()
        assert numbers(kept(paths).text) == list(range(1, 31))
        await Again(paths, endpoint, TextSelection.whole).run()
    after = kept(paths)
    assert numbers(after.text) == list(range(1, 31))
    assert {it.session_number for it in after.lines} == {3}


async def test_a_text_is_not_given_up_for_a_gap(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.app.reach_limit.UNREACHABLE_S", 0.1)
    keep(paths, ALL)
    before = kept(paths)
    report = await Again(paths, NOBODY, TextSelection.whole).run()
    assert kept(paths) == before
    assert (report.n_replaced, report.lines) == (0, ())
    assert report.problem is not None


async def test_without_a_recogniser_a_gap_stays_what_it_was(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.app.reach_limit.UNREACHABLE_S", 0.1)
    keep(paths, ALL[:1], (replace(HOLE, heard="eleven"),))
    before = kept(paths)
    report = await Again(paths, NOBODY, TextSelection.missing).run()
    assert kept(paths) == before
    assert report.n_unrecognised == THIRD


class Deaf(EchoStream):
    """Hears nothing at all."""

    def feed(self, pcm: bytes) -> list[Utterance]:
        return []

    def finish(self) -> list[Utterance]:
        return []


class DeafRecogniser(EchoRecogniser):
    def open(self, rate_hz: int) -> Deaf:
        return Deaf(Format(rate_hz))


async def test_silence_fills_a_gap_and_replaces_no_text(serving: Serving, paths: Paths) -> None:
    keep(paths, (ALL[0], replace(ALL[2], number=2)), (HOLE,))
    before = kept(paths)
    async with serving(DeafRecogniser()) as endpoint:
        report = await Again(paths, endpoint, TextSelection.whole).run()
        assert kept(paths) == before
        assert report.problem == WORDLESS
        report = await Again(paths, endpoint, TextSelection.missing).run()
    assert (report.problem, kept(paths).gaps) == (None, ())


async def test_what_was_heard_before_it_was_stopped_is_kept(
    serving: Serving, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Gap(0, N_SAMPLES, Reason.UNFINISHED)
    keep(paths, (), (whole,))
    async with serving() as endpoint:
        it = Again(paths, endpoint, TextSelection.missing)
        it.factory.backend.limits = replace(it.factory.backend.limits, catch_up=20.0)
        it.redo.on_change = lambda change: (
            it.redo.stop() if isinstance(change, LineCommitted) else None
        )
        report = await it.run()
        after = kept(paths)
        assert numbers(after.text)[0] == 1
        assert report.n_unrecognised > THIRD
        assert after.gaps[-1].end_sample == N_SAMPLES
        await Again(paths, endpoint, TextSelection.missing).run()
    assert numbers(kept(paths).text) == list(range(1, 31))


async def test_it_rests_and_goes_on(serving: Serving, paths: Paths) -> None:
    keep(paths, (), (Gap(0, N_SAMPLES, Reason.UNFINISHED),))
    async with serving() as endpoint:
        it = Again(paths, endpoint, TextSelection.missing)
        assert it.redo.progress() is None
        it.redo.pause()
        running = asyncio.ensure_future(it.run())
        while (at := it.redo.progress()) is None or at.phase != "paused":
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert (at.n_done, at.n_samples) == (0, N_SAMPLES)
        it.redo.resume()
        it.redo.pause()
        it.redo.resume()
        await running
    assert numbers(kept(paths).text) == list(range(1, 31))


@pytest.mark.parametrize("reason", [Reason.UNRECOGNISED, Reason.NOT_CAPTURED])
async def test_sound_that_was_to_be_kept_until_then_goes(
    serving: Serving, paths: Paths, reason: Reason
) -> None:
    late = Gap(2 * THIRD, N_SAMPLES, reason)
    keep(paths, ALL[:1], (HOLE, late), keeps_audio=False)

    def first(_text: TextSelection) -> list[ReprocessRange]:
        return [ReprocessRange(THIRD, 2 * THIRD, (), (HOLE,))]

    async with serving() as endpoint:
        report = await Again(paths, endpoint, first).run()
    is_all_recognised = reason is Reason.NOT_CAPTURED
    assert report.has_sound == (paths.recordings / "a.wav").exists() == (not is_all_recognised)


async def test_what_cannot_be_is_said_at_once(paths: Paths) -> None:
    keep(paths, ALL)
    path = paths.recordings / "a.wav"
    with pytest.raises(ProblemError, match="nothing to recognise"):
        await Again(paths, NOBODY, TextSelection.missing).run()
    with pytest.raises(ProblemError, match="none with number 7"):
        await Again(paths, NOBODY, TextSelection.whole, 7).run()
    with held(path), pytest.raises(ProblemError, match="This dictation is in use"):
        await Again(paths, NOBODY, TextSelection.whole).run()
    path.unlink()
    with pytest.raises(ProblemError, match="recording is gone"):
        await Again(paths, NOBODY, TextSelection.whole).run()


async def test_a_recording_that_ends_early_changes_nothing(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    keep(paths, ALL)
    before = kept(paths)
    path = paths.recordings / "a.wav"

    def beyond(text: TextSelection) -> list[ReprocessRange]:
        return [ReprocessRange(0, N_SAMPLES + 16_000, tuple(text.lines), ())]

    async with serving() as endpoint:
        report = await Again(paths, endpoint, beyond).run()
    assert report.problem is not None
    assert report.problem.title == "The recording is too short"
    assert (kept(paths), path.exists()) == (before, True)
