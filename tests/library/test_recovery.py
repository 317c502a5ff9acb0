"""What a killed program leaves is put right, whatever the moment; what runs is left alone."""

from __future__ import annotations

import subprocess
import sys
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skdictate.core.changes import Gap, Line, Reason
from skdictate.library.library import Library
from skdictate.library.recording import HEADER_BYTES, Recording
from skdictate.library.recovery import recover, unfinished
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.unfinished import Unfinished
from tests.library.killed import SOUND, running, sound

ONE = Line(1, "one", 1_000, 4_000, 1)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "home" / "library.sqlite")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "recordings"


def kept(library: Library, dictation_id: int) -> StoredDictation:
    it = library.get(dictation_id)
    assert it is not None
    return it


def test_what_was_recorded_and_not_recognised_becomes_a_gap(library: Library, folder: Path) -> None:
    dictation_id, recording = running(library, folder, lines=(ONE,), settled=5_000)
    recording.close()
    assert recover(library, folder) == [dictation_id]
    it = kept(library, dictation_id)
    assert it.gaps == (Gap(5_000, 16_000, Reason.UNFINISHED),)
    assert (it.lines, it.state, it.n_samples) == ((ONE,), "incomplete", 16_000)
    assert it.ended_at is not None
    assert unfinished(library, folder) == [Unfinished(dictation_id, 16_000, 16_000, 1, 11_000)]
    assert recover(library, folder) == [], "once"
    assert kept(library, dictation_id) == it


@pytest.mark.parametrize(
    ("lines", "gaps", "settled", "begins"),
    [
        ((), (), 0, 0),
        ((ONE,), (), 0, 4_000),
        ((ONE,), (), 3_900, 4_000),  # its last word reaches beyond a seam
        ((ONE,), (Gap(4_000, 9_000, Reason.NOT_CAPTURED),), 9_000, 9_000),
        ((ONE,), (), 14_400, 14_400),
    ],
)
def test_the_rest_begins_where_text_and_gaps_end(
    library: Library,
    folder: Path,
    lines: tuple[Line, ...],
    gaps: tuple[Gap, ...],
    settled: int,
    begins: int,
) -> None:
    dictation_id, recording = running(library, folder, lines=lines, gaps=gaps, settled=settled)
    recording.close()
    recover(library, folder)
    assert kept(library, dictation_id).unrecognised == (Gap(begins, 16_000, Reason.UNFINISHED),)


@pytest.mark.parametrize("settled", [16_000, 15_000, 20_000])
def test_where_no_word_can_be_left_it_is_done(library: Library, folder: Path, settled: int) -> None:
    dictation_id, recording = running(library, folder, lines=(ONE,), settled=settled)
    recording.close()
    recover(library, folder)
    assert (kept(library, dictation_id).state, unfinished(library, folder)) == ("done", [])


def test_one_that_runs_is_left_alone(library: Library, folder: Path) -> None:
    dictation_id, recording = running(library, folder)
    other = Library(library.path)
    assert recover(other, folder) == []
    assert kept(library, dictation_id).state == "running"
    recording.append(sound(100))
    recording.close()
    assert recover(other, folder) == [dictation_id]
    other.close()


def test_the_length_is_that_of_the_file_and_the_header_is_put_right(
    library: Library, folder: Path
) -> None:
    dictation_id, recording = running(library, folder)
    recording.close()
    with recording.path.open("ab") as file:
        file.write(sound(500) + b"\1")  # and half a sample
    ended = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
    recover(library, folder)
    it = kept(library, dictation_id)
    assert (it.n_samples, it.ended_at) == (16_500, ended)
    with wave.open(str(recording.path)) as read:
        assert read.readframes(10**6) == sound(16_000) + sound(500)
    assert recording.path.stat().st_size == HEADER_BYTES + 2 * 16_500 + 1, "nothing is removed"


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"\0" * (HEADER_BYTES + 2_000)])
def test_a_file_that_a_power_cut_has_damaged_opens_again(
    library: Library, folder: Path, content: bytes
) -> None:
    dictation_id, recording = running(library, folder)
    recording.close()
    recording.path.write_bytes(content)
    recover(library, folder)
    n_samples = max(0, len(content) - HEADER_BYTES) // 2
    assert kept(library, dictation_id).n_samples == n_samples
    with wave.open(str(recording.path)) as read:
        assert (read.getframerate(), read.getnframes()) == (16_000, n_samples)


def test_a_dictation_whose_recording_is_gone_is_over(library: Library, folder: Path) -> None:
    dictation_id, recording = running(library, folder, lines=(ONE,), settled=4_000)
    recording.close()
    recording.path.unlink()
    assert recover(library, folder) == [dictation_id]
    assert (kept(library, dictation_id).state, unfinished(library, folder)) == ("done", [])


def test_a_recording_that_no_library_knows_becomes_a_dictation(
    library: Library, folder: Path
) -> None:
    recording = Recording.create(folder / "2026-01-02 10.00.00.000.wav", SOUND)
    recording.append(sound(32_000))
    empty = Recording.create(folder / "empty.wav", SOUND)
    empty.close()
    (folder / "other.wav").write_bytes(b"somebody else's")
    assert recover(library, folder) == [], "somebody works on it"
    recording.close()
    (adopted,) = recover(library, folder)
    it = kept(library, adopted)
    assert it.unrecognised == (Gap(0, 32_000, Reason.UNFINISHED),)
    assert it.about.recording == recording.path.name
    assert it.ended_at is not None
    assert (it.ended_at - it.about.started_at).total_seconds() == 2
    assert recover(library, folder) == []


def test_a_library_without_recordings_is_no_trouble(library: Library, folder: Path) -> None:
    assert recover(library, folder) == []
    assert unfinished(library, folder) == []


KILLED = """
import sys
from pathlib import Path
from skdictate.library.library import Library
from skdictate.library.recovery import recover
n_left = int(sys.argv[2])
def trace(frame, event, argument):
    global n_left
    if "skdictate/library" in frame.f_code.co_filename:
        n_left -= 1
        if n_left == 0:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
home = Path(sys.argv[1])
library = Library(home / "library.sqlite")
sys.settrace(trace)
recover(library, home / "recordings")
sys.settrace(None)
print("whole")
"""
"""Recovers, and is killed at the n-th line of the library's own code."""


def test_recovery_that_is_killed_at_any_line_comes_to_the_same(tmp_path: Path) -> None:
    results = set()
    for n_lines in (3, 11, 24, 37, 52, 10**9):
        home = tmp_path / str(n_lines)
        library = Library(home / "library.sqlite")
        dictation_id, recording = running(library, home / "recordings", lines=(ONE,), settled=4_000)
        recording.close()
        with recording.path.open("ab") as file:
            file.write(sound(1_000))
        ended_s = recording.path.stat().st_mtime
        command = [sys.executable, "-c", KILLED, str(home), str(n_lines)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert ("whole" in done.stdout) == (n_lines == 10**9), done.stderr
        recover(library, home / "recordings")
        it = kept(library, dictation_id)
        results.add((it.gaps, it.lines, it.state, it.n_samples))
        assert it.ended_at == datetime.fromtimestamp(ended_s, UTC)
        library.close()
    assert results == {((Gap(4_000, 17_000, Reason.UNFINISHED),), (ONE,), "incomplete", 17_000)}
