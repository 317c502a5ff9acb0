"""A disk that is full, refuses, fails or hangs: nothing is lost as far as the memory reaches."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from skdictate.core.changes import GapMarked, LineCommitted, Noticed, Reason
from skdictate.engine import Outcome
from skdictate.errors import Kind
from skdictate.library.library import Library
from skdictate.system.paths import Paths
from tests.faults import fast_clock
from tests.faults.disks import FAULTS, SOUND, SPEED, Talk, dictate
from tests.faults.failing_disk import Disk
from tests.support.fast_fakes import spoken
from tests.support.mounts import CAN_MOUNT

NEEDS = "needs /dev/fuse, and the right to mount"


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    if not (CAN_MOUNT and os.access("/dev/fuse", os.W_OK)):
        pytest.skip(NEEDS)
    with Disk(tmp_path_factory.mktemp("failing") / "disk") as it:
        yield it


@pytest.fixture
def disk(mounted: Disk) -> Iterator[Disk]:
    """Refuses nothing at first, whatever became of the test before."""
    yield mounted
    mounted.heal()


@pytest.mark.parametrize("first", [1, 3, 8, 21])
@pytest.mark.parametrize(("code", "kind", "n_refused"), FAULTS)
def test_what_is_refused_for_a_while_is_said_and_written_later(
    disk: Disk, code: int, kind: str, n_refused: int, first: int
) -> None:
    talk = Talk(disk.place / f"{errno.errorcode[code]}-{kind}-{n_refused}-{first}", 4.0)
    disk.refuse(kind, code, first=first, last=first + n_refused - 1)
    try:
        outcome = fast_clock.run(dictate(talk), speed=SPEED)
    finally:
        refused_s = disk.heal()
    troubles = talk.disk_troubles()
    for name, at_s in refused_s.items():
        if name.endswith(".wav"):  # SQLite makes up for some refusals by itself
            assert -1 < troubles[0][0] - at_s < 1
    if troubles and outcome.problem is None:
        assert troubles[-1][1] is None, "all is well again, and that was said"
    talk.check_all_is_there()


def test_a_disk_that_is_meant_to_be_well_and_is_not_is_an_error_and_no_endless_wait(
    disk: Disk,
) -> None:
    talk = Talk(disk.place / "refuses", 8.0)
    disk.refuse("", errno.ENOSPC)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.engine.run())
            await talk.until_kept(3.0)

    with pytest.raises(ExceptionGroup) as caught:
        fast_clock.run(run(), speed=SPEED)
    assert "No space left on device" in str(caught.value.exceptions[0])


def test_a_disk_that_stays_full_harms_nothing_and_what_is_left_is_said(disk: Disk) -> None:
    talk = Talk(disk.place / "full", 8.0)

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(talk.engine.run())
            await talk.until_kept(3.0)
            disk.refuse("", errno.ENOSPC)
            outcome = await running
            unsafe_s = SOUND.seconds(talk.store.audio_buffer.memory_buffer.n_unsafe)
            n_lines = talk.store.text_queue.n_lines_waiting
            assert unsafe_s > 4.0 and n_lines > 4
            left = f"{unsafe_s:.1f} s of sound and {n_lines} lines. The disk is full"
            assert left in str(outcome.problem)
            disk.heal()
            await talk.store.close_files()
            return outcome

    outcome = fast_clock.run(run(), speed=SPEED)
    assert outcome.n_lines == 8, "the words still came"
    assert outcome.problem is not None
    assert outcome.problem.kind is Kind.DISK
    kept, recorded = talk.kept(), talk.recorded()
    assert recorded == spoken(0, len(recorded) // 2)
    assert len(recorded) // 2 >= SOUND.samples(2.9)
    assert [line.text for line in kept.lines] == talk.texts()[: len(kept.lines)]
    assert len(kept.lines) >= 2
    assert kept.state == "running", "so that the next start finds it"


def test_what_was_left_is_saved_when_there_is_room_after_all(disk: Disk) -> None:
    talk = Talk(disk.place / "later", 4.0)
    disk.refuse("", errno.ENOSPC)

    async def run() -> None:
        outcome = await talk.engine.run()
        assert outcome.problem is not None
        assert talk.store.dictation_id is None
        persisting = asyncio.ensure_future(talk.store.persist())
        await asyncio.sleep(3)
        assert not persisting.done()
        disk.heal()
        await persisting

    fast_clock.run(run(), speed=SPEED)
    talk.check_all_is_there()


def test_a_disk_that_hangs_holds_nobody_up(disk: Disk) -> None:
    talk = Talk(disk.place / "hangs", 600.0)
    longest_s = 0.0

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(talk.engine.run())
            looking = group.create_task(look())
            await talk.until_kept(3.0)
            disk.keep_waiting(2.5, last=1)
            while len(talk.disk_troubles()) < 2:
                await asyncio.sleep(0.1)
            talk.engine.stop()
            await running
            looking.cancel()
            return running.result()

    async def look() -> None:
        nonlocal longest_s
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.monotonic() - began_s)
            await asyncio.sleep(0.05)

    outcome = fast_clock.run(run(), speed=10.0)
    disk.heal()
    assert longest_s < 1.0, "the loop never waited for the disk"
    assert outcome.problem is None
    raised, cleared = talk.disk_troubles()
    assert raised[1] is not None
    assert raised[1].title == "The disk does not answer"
    assert cleared[1] is None
    shown_s = [at_s for at_s, change in talk.changes if isinstance(change, LineCommitted)]
    assert any(raised[0] < at_s < cleared[0] for at_s in shown_s), "lines came meanwhile"
    talk.check_all_is_there()


def test_when_the_memory_is_full_too_what_is_lost_is_seen(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(disk.place / "memory", 30.0)
    talk.store.audio_buffer.memory_buffer.most_bytes = SOUND.size_bytes(SOUND.samples(4.0))

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(talk.engine.run())
            await talk.until_kept(3.0)
            disk.refuse("", errno.ENOSPC)
            await talk.until_recognised(10.0)  # what is recognised goes
            assert not talk.said(GapMarked)
            talk.backend.is_silent = True
            await talk.until_said(20.0)  # what is not recognised stays, and the new is lost
            talk.backend.is_silent = False
            disk.heal()
            return await running

    outcome = fast_clock.run(run(), speed=SPEED)
    gaps = [change.gap for change in talk.said(GapMarked)]  # type: ignore[union-attr]
    assert {gap.reason for gap in gaps} == {Reason.NOT_KEPT}
    n_lost = sum(gap.end_sample - gap.start_sample for gap in gaps)
    assert SOUND.samples(2.0) < n_lost < SOUND.samples(9.0)
    texts = [str(problem) for _, problem in talk.disk_troubles() if problem]
    assert any("Sound is being lost: the memory is full, too" in text for text in texts)
    assert talk.disk_troubles()[-1][1] is None
    kept, recorded = talk.kept(), np.frombuffer(talk.recorded(), np.int16)
    assert kept.gaps == tuple(gaps)
    assert len(recorded) == talk.source.said
    true = np.frombuffer(spoken(0, talk.source.said), np.int16)
    missing = np.zeros(len(true), bool)
    for start, end in [
        *talk.store.audio_buffer.memory_buffer.lost,
        *((g.start_sample, g.end_sample) for g in gaps),
    ]:
        missing[start:end] = True
    assert (recorded[~missing] == true[~missing]).all()
    assert not recorded[missing].any()
    assert outcome.problem is not None
    assert "s that are silence in the recording" in outcome.problem.detail


def test_what_cannot_be_read_back_is_a_gap_and_the_rest_is_recognised(disk: Disk) -> None:
    talk = Talk(disk.place / "unreadable", 40.0)
    first, last = SOUND.samples(8.0), SOUND.samples(9.5)

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            talk.backend.is_away = True
            running = group.create_task(talk.engine.run())
            await talk.until_kept(35.0)
            disk.refuse("read", errno.EIO, name=".wav", read_from=2 * first, read_until=2 * last)
            talk.backend.is_away = False
            return await running

    outcome = fast_clock.run(run(), speed=SPEED)
    disk.heal()
    (gap,) = (change.gap for change in talk.said(GapMarked))  # type: ignore[union-attr]
    assert gap.reason is Reason.UNREADABLE
    assert first - 66_000 <= gap.start_sample <= first
    assert last <= gap.end_sample <= last + 66_000
    assert "The disk reports an error" in str(talk.said(Noticed))
    lines = talk.kept().lines
    heard = sum(line.end_sample - line.start_sample for line in lines)
    assert heard == talk.source.said - (gap.end_sample - gap.start_sample)
    assert outcome.n_gaps == 1
    assert talk.recorded() == spoken(0, talk.source.said)


def test_a_recording_that_is_removed_is_there_again(tmp_path: Path) -> None:
    talk = Talk(tmp_path, 30.0)

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(talk.engine.run())
            await talk.until_kept(20.0)
            talk.store.recording_path.unlink()
            return await running

    outcome = fast_clock.run(run(), speed=SPEED)
    assert outcome.problem is None
    assert "The recording was removed" in str(talk.said(Noticed))
    talk.check_all_is_there()


def test_of_a_recording_that_is_cut_short_what_is_lost_is_seen(tmp_path: Path) -> None:
    talk = Talk(tmp_path, 60.0)
    talk.backend.is_away = True

    async def run() -> Outcome:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(talk.engine.run())
            await talk.until_kept(40.0)
            os.truncate(talk.store.recording_path, 80 + SOUND.size_bytes(SOUND.samples(5.0)))
            await talk.until_said(45.0)
            talk.backend.is_away = False
            return await running

    outcome = fast_clock.run(run(), speed=SPEED)
    (gap,) = (change.gap for change in talk.said(GapMarked))  # type: ignore[union-attr]
    assert gap.reason is Reason.UNREADABLE
    assert SOUND.seconds(gap.start_sample) == pytest.approx(5.0, abs=0.2)
    assert 28.0 < SOUND.seconds(gap.end_sample) < 41.0, "some of it was in memory"
    lines = talk.kept().lines
    heard = sum(line.end_sample - line.start_sample for line in lines)
    assert heard == talk.source.said - (gap.end_sample - gap.start_sample)
    recorded, true = talk.recorded(), spoken(0, talk.source.said)
    assert len(recorded) == len(true)
    assert (
        recorded[: SOUND.size_bytes(gap.start_sample)] == true[: SOUND.size_bytes(gap.start_sample)]
    )
    assert recorded[SOUND.size_bytes(gap.end_sample) :] == true[SOUND.size_bytes(gap.end_sample) :]
    assert "cut short" in str(talk.said(Noticed))
    assert outcome.problem is not None, "some of the sound is gone"


def test_a_library_that_somebody_holds_is_waited_for(tmp_path: Path) -> None:
    talk = Talk(tmp_path, 8.0)
    Library(talk.paths.library).close()
    holder = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)"
    code = f"{holder}; db.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(talk.paths.library)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:

        async def run() -> Outcome:
            assert held.stdout is not None
            held.stdout.readline()
            async with asyncio.TaskGroup() as group:
                running = group.create_task(talk.engine.run())
                while not talk.said(LineCommitted):
                    await asyncio.sleep(0.05)
                held.communicate()
                return await running

        outcome = fast_clock.run(run(), speed=SPEED)
    problem = talk.disk_troubles()[0][1]
    assert problem is not None
    assert problem.title == "The library is in use by another program"
    assert outcome.problem is None
    talk.check_all_is_there()


def test_two_instances_at_once_are_safe(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.faults import fast_clock
from tests.faults.disks import SPEED, Talk, dictate
talk = Talk(Path(sys.argv[1]), 20.0, 0.5)
sys.stdin.readline()
outcome = fast_clock.run(dictate(talk), speed=SPEED)
assert outcome.problem is None, outcome
talk.check_all_is_there()
print(talk.store.dictation_id, outcome.n_lines)
"""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for it in both:
        assert it.stdin is not None
        it.stdin.write("\n")
        it.stdin.flush()
    said = sorted(it.communicate()[0] for it in both)
    assert said == ["1 40\n", "2 40\n"]
    with closing(Library(Paths.of({"SKDICTATE_HOME": str(tmp_path)}).library)) as library:
        assert sorted(library.ids()) == [1, 2]
