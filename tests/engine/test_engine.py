"""The whole way without a screen: a source, a real server, real files."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.core.changes import (
    Change,
    GapMarked,
    LineCommitted,
    ProblemCleared,
    ProblemRaised,
    Reason,
    SessionChanged,
    SourceNamed,
    Topic,
)
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.session_state import SessionState
from skdictate.core.status import Phase
from skdictate.engine import Engine
from skdictate.engine.outcome import Outcome
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.writer import MOST_SOURCES, DictationWriter, about
from skdictate.sources.base import Item, Named, Source, Trouble
from skdictate.sources.file_source import FileSource
from skdictate.speechkit import codec_v3
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint
from skdictate.system.log_output import written
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.number_recogniser import count, numbers, write

SOUND = Format(16_000)
LIMITS = Limits(catch_up=float("inf"))
OPTIONS = codec_v3.Options()


class Desk:
    """An engine and all that it said."""

    def __init__(
        self,
        paths: Paths,
        source: Source,
        endpoint: Endpoint,
        limits: Limits = LIMITS,
        options: codec_v3.Options = OPTIONS,
    ) -> None:
        async def whereabouts() -> tuple[Endpoint, Credential | None]:
            return self.endpoint, None

        self.endpoint = endpoint
        self.backend = SpeechKit("echo", limits, whereabouts, options)
        self.library = Library(paths.library)
        kept = about(engine="echo", api="v3", languages=(), source=source.name, rate_hz=16_000)
        self.store = DictationWriter(self.library, paths.recordings, kept)
        self.engine = Engine(source, self.backend, self.store, Policy(has_words=True))
        self.changes: list[Change] = []
        self.engine.on_change = self.changes.append

    def texts(self) -> list[str]:
        return [c.line.text for c in self.changes if isinstance(c, LineCommitted)]

    def kept(self) -> StoredDictation:
        assert self.store.dictation_id is not None
        kept = self.library.get(self.store.dictation_id)
        assert kept is not None
        return kept

    async def until(self, kind: type[Change], n: int = 1) -> None:
        """Wait for the n-th change of a kind."""
        while sum(isinstance(change, kind) for change in self.changes) < n:
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        await self.backend.close()
        self.library.close()


@asynccontextmanager
async def desk(
    paths: Paths,
    source: Source,
    endpoint: Endpoint,
    limits: Limits = LIMITS,
    options: codec_v3.Options = OPTIONS,
) -> AsyncIterator[Desk]:
    it = Desk(paths, source, endpoint, limits, options)
    try:
        yield it
    finally:
        await it.close()


def counted(path: Path, last: int, speed: float, *, pause_s: float = 0.5) -> FileSource:
    pcm = count(1, last, SOUND, gap_s=0.05, pause_s=pause_s, run=10)
    return FileSource([write(path / "numbers.wav", pcm, SOUND)], SOUND, speed)


async def test_sound_becomes_lines_and_all_that_is_kept_agrees(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    source = counted(tmp_path, 40, 0)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        outcome = await it.engine.run()
        kept = it.kept()
    assert numbers(" ".join(it.texts())) == list(range(1, 41))
    assert numbers(kept.text) == list(range(1, 41))
    assert kept.state == "done"
    assert (outcome.n_lines, outcome.n_gaps, outcome.n_sessions) == (4, 0, 1)
    assert outcome.problem is None
    with (
        wave.open(str(it.store.recording_path)) as recorded,
        wave.open(str(tmp_path / "numbers.wav")) as given,
    ):
        assert recorded.readframes(10**9) == given.readframes(10**9)
    assert kept.n_samples == outcome.audio_ms * 16


async def test_ten_minutes_through_sessions_of_twenty_seconds(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    source = counted(tmp_path, 1715, 0, pause_s=0.5)
    limits = replace(LIMITS, session_s=20.0)
    async with serving(session_s=20.0) as endpoint, desk(paths, source, endpoint, limits) as it:
        outcome = await it.engine.run()
    assert outcome.audio_ms >= 590_000
    assert numbers(" ".join(it.texts())) == list(range(1, 1716))
    assert outcome.n_sessions >= 30
    assert not [c for c in it.changes if isinstance(c, ProblemRaised)], "rolling over is no news"


async def test_the_log_says_why_sessions_follow_each_other_and_no_words(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    log = tmp_path / "events.log"
    source = counted(tmp_path, 120, 0, pause_s=0.5)
    limits = replace(LIMITS, session_s=20.0)
    with written(str(log), is_verbose=True, is_on_screen=True):
        async with serving(session_s=20.0) as endpoint, desk(paths, source, endpoint, limits) as it:
            outcome = await it.engine.run()
    text = log.read_text()
    assert outcome.n_sessions >= 2
    assert "session 1: no more sound, it nears a limit of the service" in text
    assert f"session {outcome.n_sessions}: closed" in text
    assert f"dictation ended: {outcome.n_lines} lines" in text
    assert not [words for words in it.texts() if words in text]


async def test_a_server_that_comes_late_and_goes_and_comes_loses_no_word(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    address = f"unix:{paths.socket_folder() / 's'}"
    source = counted(tmp_path, 100, 8)
    async with desk(paths, source, Endpoint(address, is_plaintext=True)) as it:
        running = asyncio.ensure_future(it.engine.run())
        await it.until(ProblemRaised)
        for _ in range(3):
            async with serving(address=address):
                n_before = len(it.texts())
                while len(it.texts()) < n_before + 2:
                    await asyncio.sleep(0.01)
        async with serving(address=address):
            outcome = await running
    assert numbers(" ".join(it.texts())) == list(range(1, 101))
    assert outcome.n_gaps == 0
    assert outcome.n_sessions >= 4


async def test_stopping_waits_for_the_last_words(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    source = counted(tmp_path, 400, 10)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        await it.until(LineCommitted)
        it.engine.stop()
        outcome = await running
        recording = Recording.open(it.store.recording_path)
        n_samples = recording.n_samples
        recording.close()
    said = " ".join(it.texts()).split()
    whole = [word for word in said if not word.startswith("~")]
    assert whole == [str(n) for n in range(1, len(whole) + 1)]
    assert n_samples * 1000 // 16_000 == outcome.audio_ms
    assert outcome.n_gaps == 0


async def test_what_nobody_answers_is_a_gap_and_the_recording_is_whole(
    paths: Paths, tmp_path: Path
) -> None:
    source = counted(tmp_path, 8, 0)
    nobody = Endpoint(f"unix:{tmp_path / 'nobody'}", is_plaintext=True)
    async with desk(paths, source, nobody) as it:
        running = asyncio.ensure_future(it.engine.run())
        await it.until(ProblemRaised, 2)
        assert it.engine.status().phase in (Phase.RECONNECTING, Phase.FINISHING)
        it.engine.abandon()
        outcome = await running
        kept = it.kept()
    assert outcome.problem is not None
    assert outcome.problem.kind is Kind.NETWORK
    assert [gap.reason for gap in kept.gaps] == [Reason.UNRECOGNISED]
    assert kept.gaps[0].end_sample == kept.n_samples
    assert kept.state == "incomplete"


async def test_retry_connects_at_once(serving: Serving, paths: Paths, tmp_path: Path) -> None:
    address = f"unix:{paths.socket_folder() / 's'}"
    source = counted(tmp_path, 8, 0)
    async with desk(paths, source, Endpoint(address, is_plaintext=True)) as it:
        running = asyncio.ensure_future(it.engine.run())
        await it.until(ProblemRaised, 4)
        async with serving(address=address):
            it.engine.retry()
            await running
    assert numbers(" ".join(it.texts())) == list(range(1, 9))


async def test_while_paused_a_file_waits(serving: Serving, paths: Paths, tmp_path: Path) -> None:
    source = counted(tmp_path, 40, 10)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        await it.until(LineCommitted)
        it.engine.pause()
        await asyncio.sleep(0.1)
        paused = it.engine.status()
        await asyncio.sleep(0.2)
        assert it.engine.status().recorded_s == paused.recorded_s
        assert paused.phase is Phase.PAUSED
        it.engine.pause()
        it.engine.resume()
        it.engine.resume()
        outcome = await running
    words = " ".join(it.texts()).split()
    assert [int(word) for word in words] == list(range(1, 41))
    assert outcome.n_sessions == 1, "a short pause costs no session"


class LiveSource:
    """A source that cannot wait, in the hands of the test."""

    name = "live"
    is_live = True
    is_microphone = True
    overruns = 0

    def __init__(self, problem: Problem | None = None) -> None:
        self.format = SOUND
        self.blocks: asyncio.Queue[Item | None] = asyncio.Queue()
        self.log: list[str] = []
        self._problem = problem

    def stop(self) -> None:
        self.log.append("stop")
        self.blocks.put_nowait(None)

    async def __aenter__(self) -> Self:
        self.log.append("enter")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.log.append("exit")

    def switch(self, device: str) -> None:
        self.log.append(f"switch to {device}")

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (block := await self.blocks.get()) is not None:
            yield block
        if self._problem is not None:
            raise ProblemError(self._problem)


async def test_what_a_live_source_says_while_paused_is_not_kept(
    serving: Serving, paths: Paths
) -> None:
    source = LiveSource()
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(pcm)
        await it.until(LineCommitted)
        it.engine.pause()
        source.blocks.put_nowait(count(4, 6, SOUND, gap_s=0, pause_s=0.5, run=3))
        await asyncio.sleep(0.05)
        it.engine.resume()
        source.blocks.put_nowait(count(7, 9, SOUND, gap_s=0, pause_s=0.5, run=3))
        it.engine.stop()
        outcome = await running
    assert it.texts() == ["1 2 3", "7 8 9"]
    assert outcome.audio_ms == 2 * len(pcm) // 32
    assert source.log == ["enter", "stop", "exit"]


@pytest.mark.parametrize("names_silence", [False, True])
async def test_a_short_pause_keeps_the_session_and_the_times(
    serving: Serving, paths: Paths, names_silence: bool
) -> None:
    source = LiveSource()
    first = count(1, 3, SOUND, gap_s=0, pause_s=0, run=3)
    options = codec_v3.Options(names_silence=names_silence)
    async with serving() as endpoint, desk(paths, source, endpoint, options=options) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(first)
        await asyncio.sleep(0.3)
        it.engine.pause()
        await it.until(LineCommitted)
        await asyncio.sleep(2.5)
        it.engine.resume()
        source.blocks.put_nowait(count(4, 6, SOUND, gap_s=0, pause_s=0.5, run=3))
        it.engine.stop()
        outcome = await running
    lines = [change.line for change in it.changes if isinstance(change, LineCommitted)]
    at = len(first) // 2
    assert [line.text for line in lines] == ["1 2 3", "4 5 6"]
    assert [line.start_sample for line in lines] == [0, at]
    assert outcome.n_sessions == 1
    assert outcome.billed_s == 15


async def test_what_a_source_says_of_itself_is_kept_and_told(
    serving: Serving, paths: Paths
) -> None:
    source = LiveSource()
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3)
    unplugged = Problem(Kind.MICROPHONE, "Unplugged")
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        for item in (Named("Desk"), pcm, Trouble(unplugged), Missing(8_000), Named("Yeti", "Desk")):
            source.blocks.put_nowait(item)
        source.blocks.put_nowait(Missing(1_600, is_overrun=True))
        source.blocks.put_nowait(count(4, 6, SOUND, gap_s=0, pause_s=0.5, run=3))
        it.engine.switch("Blue")
        it.engine.stop()
        await running
        kept = it.library.get(it.library.ids()[0])
    at = len(pcm) // 2
    assert it.texts() == ["1 2 3", "4 5 6"]
    assert kept is not None
    assert kept.about.source == "Desk, Yeti"
    assert [(gap.start_sample, gap.end_sample, gap.reason) for gap in kept.gaps] == [
        (at, at + 8_000, Reason.NOT_CAPTURED),
        (at + 8_000, at + 9_600, Reason.OVERRUN),
    ]
    assert kept.n_samples == 2 * at + 9_600
    assert ProblemRaised(Topic.CAPTURE, unplugged) in it.changes
    assert ProblemCleared(Topic.CAPTURE) in it.changes
    assert SourceNamed("Yeti", "Desk") in it.changes
    assert sorted(source.log) == ["enter", "exit", "stop", "switch to Blue"]


async def test_a_source_that_renames_itself_all_the_time_does_not_fill_the_library(
    serving: Serving, paths: Paths
) -> None:
    source = LiveSource()
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        before = "Desk"
        source.blocks.put_nowait(Named(before))
        for index in range(5_000):
            source.blocks.put_nowait(bytes(320))
            name = f"{index} {'x' * 70}"
            source.blocks.put_nowait(Named(name, before))
            before = name
        it.engine.stop()
        await running
        kept = it.library.get(it.library.ids()[0])
    assert kept is not None
    assert kept.about.source.startswith("Desk, 0 x")
    assert kept.about.source.endswith(before), "the newest one"
    named = [change for change in it.changes if isinstance(change, SourceNamed)]
    assert len(named) < 20
    assert len(kept.about.source) < 2_000


@pytest.mark.parametrize("n_names", [3, 500])
async def test_each_microphone_is_kept_once_and_only_so_many(paths: Paths, n_names: int) -> None:
    kept = about(engine="echo", api="v3", languages=(), source="0", rate_hz=16_000)
    store = DictationWriter(paths.library, paths.recordings, kept)
    running = asyncio.ensure_future(store.run())
    store.append(bytes(320))
    await store.written()
    for _ in range(3):
        for number in range(n_names):
            store.note_source(f"{number}")
    assert await store.close(160, 0) is None
    running.cancel()
    with closing(Library(paths.library)) as library:
        found = library.get(library.ids()[0])
    assert found is not None
    names = found.about.source.split(", ")
    assert names[:3] == ["0", "1", "2"]
    assert len(names) == len(set(names)) == min(n_names, MOST_SOURCES + 1)
    assert (names[-1] == "and others") is (n_names > MOST_SOURCES)


async def test_a_source_that_does_not_end_when_told_is_left(
    serving: Serving, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.engine.source_reader.STOP_S", 0.1)
    source = LiveSource()
    source.stop = lambda: None  # type: ignore[method-assign]
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3))
        await it.until(LineCommitted)
        it.engine.stop()
        async with asyncio.timeout(5):
            await running
    assert source.log == ["enter", "exit"]
    assert it.texts() == ["1 2 3"]


async def test_a_source_that_breaks_ends_the_dictation_and_keeps_what_was_said(
    serving: Serving, paths: Paths
) -> None:
    problem = Problem(Kind.MICROPHONE, "Unplugged", is_permanent=True)
    source = LiveSource(problem)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        source.blocks.put_nowait(count(1, 3, SOUND, gap_s=0, pause_s=0, run=3))
        source.blocks.put_nowait(None)
        outcome = await it.engine.run()
    assert it.texts() == ["1 2 3"]
    assert outcome.problem == problem
    assert ProblemRaised(Topic.CAPTURE, problem) in it.changes


async def test_why_a_source_ended_stays_on_the_screen(serving: Serving, paths: Paths) -> None:
    problem = Problem(Kind.MICROPHONE, "Unplugged")
    source = LiveSource(problem)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        source.blocks.put_nowait(Trouble(problem))
        source.blocks.put_nowait(None)
        await it.engine.run()
    assert it.changes.count(ProblemRaised(Topic.CAPTURE, problem)) == 1
    assert ProblemCleared(Topic.CAPTURE) not in it.changes


async def test_cancelled_before_a_session_is_open_it_begins_no_other(
    paths: Paths, tmp_path: Path
) -> None:
    nobody = Endpoint(f"unix:{tmp_path / 'nobody'}", is_plaintext=True)
    source = LiveSource()
    async with desk(paths, source, nobody) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3))
        await it.until(ProblemRaised)
        await cancel(running)
        assert it.engine._sessions._tasks == {}
        kept = it.kept()
    assert source.log == ["enter", "exit"]
    assert kept.n_samples == 3 * SOUND.samples(0.25) + SOUND.samples(0.5)


async def test_cancelled_while_it_speaks_with_a_recogniser_it_sends_nothing_more(
    serving: Serving, paths: Paths
) -> None:
    source = LiveSource()
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3))
        await it.until(LineCommitted)
        source.blocks.put_nowait(count(4, 4, SOUND, gap_s=0, pause_s=0, run=3))
        await cancel(running)
        kept = it.kept()
    assert kept.text == "1 2 3"
    assert source.log == ["enter", "exit"]


async def test_what_fails_inside_is_the_only_thing_told(paths: Paths, tmp_path: Path) -> None:
    nobody = Endpoint(f"unix:{tmp_path / 'nobody'}", is_plaintext=True)
    source = LiveSource()

    def fail(change: Change) -> None:
        if isinstance(change, ProblemRaised):
            raise LookupError("a mistake in the program")

    async with desk(paths, source, nobody) as it:
        it.engine.on_change = fail
        source.blocks.put_nowait(count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3))
        with pytest.raises(ExceptionGroup) as raised:
            await it.engine.run()
    assert [type(error) for error in raised.value.exceptions] == [LookupError]


async def cancel(running: asyncio.Future[Outcome]) -> None:
    """It ends as cancelled, and tells of nothing that broke meanwhile."""
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_a_dictation_without_sound_leaves_nothing(serving: Serving, paths: Paths) -> None:
    source = LiveSource()
    source.blocks.put_nowait(None)
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        outcome = await it.engine.run()
        assert it.library.ids() == []
    assert outcome.audio_ms == 0
    assert not paths.recordings.exists()


async def test_an_announcement_from_outside_is_said(serving: Serving, paths: Paths) -> None:
    source = LiveSource()
    problem = Problem(Kind.RECOGNISER, "It sneezed")
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        await asyncio.sleep(0)
        it.engine.announce(problem)
        await it.until(ProblemRaised)
        it.engine.end_utterance()
        it.engine.stop()
        await running
    assert ProblemRaised(Topic.RECOGNISER, problem) in it.changes


async def test_a_library_that_cannot_be_written_is_said_and_written_when_it_can_be(
    serving: Serving, paths: Paths
) -> None:
    source = LiveSource()  # it ends when told: what is refused at the very end is not tried again
    async with serving() as endpoint, desk(paths, source, endpoint) as it:
        running = asyncio.ensure_future(it.engine.run())
        source.blocks.put_nowait(count(1, 10, SOUND, gap_s=0.05, pause_s=0.5, run=10))
        await it.until(LineCommitted)
        it.library._db.execute("PRAGMA query_only = ON")
        source.blocks.put_nowait(count(11, 20, SOUND, gap_s=0.05, pause_s=0.5, run=10))
        await it.until(LineCommitted, 2)
        it.library._db.execute("PRAGMA query_only = OFF")
        it.engine.stop()
        outcome = await running
        kept = it.kept()
    assert numbers(" ".join(it.texts())) == numbers(kept.text) == list(range(1, 21))
    raised = [c.problem for c in it.changes if isinstance(c, ProblemRaised)]
    title = "The library is write-protected"
    (refused,) = [problem for problem in raised if problem.title == title]
    assert "held in memory" in refused.hint
    assert ProblemRaised(Topic.DISK, refused) in it.changes
    assert outcome.problem is None
    assert kept.state == "done"


async def test_a_link_ends_in_order_before_the_next_begins_to_matter(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    source = counted(tmp_path, 100, 0)
    limits = replace(LIMITS, session_s=10.0)
    async with serving(session_s=10.0) as endpoint, desk(paths, source, endpoint, limits) as it:
        await it.engine.run()
    sessions: dict[int, list[SessionState]] = {}
    for change in it.changes:
        if isinstance(change, SessionChanged) and change.state not in sessions.get(
            change.session_number, []
        ):
            sessions.setdefault(change.session_number, []).append(change.state)
    assert len(sessions) >= 3
    whole = [SessionState.OPENING, SessionState.OPEN, SessionState.FINISHING, SessionState.CLOSED]
    assert all(states == whole for states in sessions.values())
    assert not [c for c in it.changes if isinstance(c, GapMarked)]


async def test_nothing_is_left_running(serving: Serving, paths: Paths, tmp_path: Path) -> None:
    async with serving() as endpoint:
        before = asyncio.all_tasks()
        async with desk(paths, counted(tmp_path, 30, 0), endpoint) as it:
            await it.engine.run()
        await asyncio.sleep(0.05)
        left = {task for task in asyncio.all_tasks() - before if "skdictate" in repr(task)}
        assert not left
