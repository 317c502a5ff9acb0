"""The library: what it is given is what it gives back."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line, Reason, SessionChanged
from skdictate.core.findings import Finding
from skdictate.core.session_state import SessionState
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library import schema
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.stored_dictation import DictationInfo
from tests.support.mounts import CAN_MOUNT, mounted

ABOUT = DictationInfo(
    "local", "v3", "en-US", "demo", 16_000, "a.wav", datetime(2026, 1, 2, tzinfo=UTC)
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "home" / "library.sqlite")


def test_a_dictation_comes_back_as_it_was_stored(library: Library) -> None:
    dictation_id = library.begin(ABOUT)
    lines = [Line(1, "it was", 0, 100, 1), Line(2, "the best", 120, 300, 1, is_confirmed=False)]
    for line in lines:
        library.add_line(dictation_id, line)
    gap = Gap(300, 500, Reason.UNRECOGNISED, "of ti")
    library.add_gap(dictation_id, gap)
    library.finish(dictation_id, 500, 15)
    kept = library.get(dictation_id)
    assert kept is not None
    assert kept.about == ABOUT
    assert kept.lines == tuple(lines)
    assert kept.gaps == (gap,)
    assert (kept.state, kept.n_samples, kept.billed_s) == ("incomplete", 500, 15)
    assert kept.text == "it was the best"


def test_a_refinement_is_what_is_read_and_the_first_words_are_kept(library: Library) -> None:
    dictation_id = library.begin(ABOUT)
    library.add_line(dictation_id, Line(1, "it was", 0, 100, 1))
    for text in ("It was", "It was."):
        library.refine_line(dictation_id, Line(1, text, 0, 100, 1, is_refined=True))
    library.finish(dictation_id, 100, 0)
    kept = library.get(dictation_id)
    assert kept is not None
    assert kept.lines == (Line(1, "It was.", 0, 100, 1, is_refined=True),)
    assert kept.state == "done"
    with sqlite3.connect(library.path) as other:
        assert other.execute("SELECT text FROM line").fetchall() == [("it was",)]
    other.close()


def test_dictations_are_listed_the_newest_first(library: Library) -> None:
    first = library.begin(ABOUT)
    second = library.begin(
        DictationInfo("local", "v3", "", "mic", 8_000, "b.wav", datetime.now(UTC))
    )
    assert library.ids() == [second, first]
    assert library.get(99) is None


def test_what_was_found_beside_the_text_is_kept(library: Library) -> None:
    dictation_id = library.begin(ABOUT)
    findings = [
        Finding("class", 1, 0, 100, "insult: yes 88%", '{"classifier": "insult"}'),
        Finding("summary", 1, 0, 300, "summary: \N{CYRILLIC SMALL LETTER A}", "{}"),
    ]
    for finding in findings:
        library.add_finding(dictation_id, finding)
    kept = library.get(dictation_id)
    assert kept is not None
    assert kept.findings == tuple(findings)


def test_a_library_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with sqlite3.connect(path) as old:
        old.executescript(schema.MIGRATIONS[0])
        old.execute("PRAGMA user_version = 1")
        old.execute(
            "INSERT INTO dictation (started_at, state, engine, api, language, source, rate_hz,"
            " recording) VALUES ('2026-01-02', 'done', 'e', 'v3', '', 'mic', 16000, 'a.wav')"
        )
        old.execute("INSERT INTO line VALUES (1, 1, 0, 100, 1, 'it was', 1)")
    old.close()
    library = Library(path)
    kept = library.get(1)
    assert kept is not None
    assert (kept.text, kept.findings) == ("it was", ())
    library.add_finding(1, Finding("class", 1, 0, 100, "", "{}"))
    library.close()


def test_links_are_kept_for_those_who_ask_support(library: Library) -> None:
    dictation_id = library.begin(ABOUT)
    problem = Problem(Kind.NETWORK, "Gone")
    library.note_session(dictation_id, SessionChanged(1, SessionState.OPEN, "uuid", "request"))
    library.note_session(
        dictation_id, SessionChanged(1, SessionState.CLOSED, "uuid", "request", problem)
    )
    with sqlite3.connect(library.path) as other:
        rows = other.execute("SELECT state, session_id, request_id, problem FROM link").fetchall()
    other.close()
    assert rows == [("closed", "uuid", "request", "Gone.")]


def test_the_file_is_private(library: Library) -> None:
    library.begin(ABOUT)
    for path in library.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(library.path.parent.stat().st_mode) == 0o700


def test_two_instances_share_one_file(library: Library) -> None:
    other = Library(library.path)
    library.begin(ABOUT)
    other.begin(DictationInfo("local", "v3", "", "mic", 8_000, "b.wav", datetime.now(UTC)))
    assert len(library.ids()) == len(other.ids()) == 2
    other.close()


def test_a_library_of_the_future_is_left_alone(library: Library) -> None:
    library.close()
    with sqlite3.connect(library.path) as future:
        future.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    future.close()
    with pytest.raises(ProblemError, match="newer version"):
        Library(library.path)


def test_what_is_no_library_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ProblemError) as caught:
        Library(path)
    assert caught.value.problem.kind is Kind.DISK


def test_a_line_that_was_stored_outlives_a_kill(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.library.test_library import ABOUT
from skdictate.core.changes import Line
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from tests.support.mounts import CAN_MOUNT, mounted
library = Library(Path(sys.argv[1]))
dictation_id = library.begin(ABOUT)
for number in range(1, 10**6):
    library.add_line(dictation_id, Line(number, f"line {number}", number, number + 1, 1))
    print(number, flush=True)
"""
    path = tmp_path / "library.sqlite"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(50)]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.readlines()
    n_told = len([line for line in told if line.endswith("\n")])
    library = Library(path)
    kept = library.get(1)
    assert kept is not None
    assert len(kept.lines) >= n_told
    assert kept.state == "running"
    library.close()


@pytest.mark.skipif(not CAN_MOUNT, reason="needs a disk of its own")
@pytest.mark.parametrize("n_files", [1, 2, 3, 4])
def test_a_disk_without_inodes_is_said_to_be_that(tmp_path: Path, n_files: int) -> None:
    with mounted(tmp_path / "disk", 10_000_000, n_files=n_files) as disk:
        with pytest.raises(ProblemError) as raised:
            Library(disk / "library.sqlite").close()
        assert raised.value.problem.title == "The disk can hold no more files, though it has room"
        assert raised.value.problem.hint.startswith("Remove some files")
        with pytest.raises(ProblemError) as raised:
            Recording.create(disk / "a.wav", Format(16_000))
        assert raised.value.problem.title.startswith("The disk can hold no more files")
