"""Dictations of before in the app: offered, looked at, recognised again, saved, and deleted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from skdictate.core.changes import Gap, Reason
from skdictate.library.library import Library
from skdictate.system.paths import Paths
from tests.app.test_reprocess import ALL, N_SAMPLES, PCM, SOUND, THIRD, keep, kept
from tests.faults.counting import Ear
from tests.library.killed import running
from tests.support.number_recogniser import count, numbers
from tests.support.terminal import Terminal


def options(ear: Ear) -> list[str]:
    return ["--source", "mic", "--endpoint", ear.endpoint, "--speed", "20"]


def gone(it: Terminal, words: str) -> None:
    """Wait until the screen no longer shows this."""
    deadline_s = time.monotonic() + 30
    while words in it.text:
        assert time.monotonic() < deadline_s, it.text
        time.sleep(0.02)


def test_what_was_killed_is_offered_and_recognised_by_a_key(paths: Paths) -> None:
    library = Library(paths.library)
    _, recording = running(library, paths.recordings, lines=ALL[:1], n_samples=0, settled=THIRD)
    recording.append(PCM)
    library.close()
    with Ear() as ear, Terminal(*options(ear)) as other:
        other.wait("Press space and speak.", "h History")
        assert "Unfinished" not in other.text, "it is being dictated"
        recording.close()
        with Terminal(*options(ear)) as it:
            it.wait("Unfinished: 0:10, 1 phrase, 0:07 not recognised yet. Press u to recognise it.")
            assert numbers(kept(paths).text) == list(range(1, 11)), "nobody has asked for more"
            it.press("г")
            it.wait("2 lines recognised.", "Press space and speak.")
            gone(it, "Unfinished")
            it.press("q")
            assert it.exit_code() == 0
        other.press("q")
        assert other.exit_code() == 0
    assert numbers(kept(paths).text) == list(range(1, 31))


def test_any_line_can_be_recognised_again_saved_and_deleted(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rest = Gap(2 * THIRD, N_SAMPLES, Reason.UNRECOGNISED)
    keep(paths, ALL[:2], (rest,))
    library = Library(paths.library)
    with library.transaction() as db:
        db.execute("UPDATE line SET text = 'something else' WHERE number = 2")
    library.close()
    with Ear() as ear, Terminal(*options(ear)) as it:
        it.wait("Unfinished", "h History")
        it.press("р")
        it.wait("1 dictation", "1 2 3 4 5", "not recognised", "d Delete")
        it.press("\r")
        it.wait("Dictation 1", "something else", "[not recognised (0:04)]", "u Gaps")
        it.press("\x1b[B", " ", "к")
        it.wait("Recognise again", "1 line.", "As in the settings: SpeechKit v3", "en-US")
        it.press("\r")
        it.wait("11 12 13 14", "1 line recognised.")
        assert "something else" not in it.text
        it.press("u")
        it.wait("unrecognised parts")
        it.press("\t", ",", "r", "u", "-", "R", "U", "\r")
        it.wait("21 22 23 24", "1 line recognised")
        gone(it, "u Gaps")
        it.press("s")
        it.wait("Saved")
        it.press("d")
        it.wait("for good?")
        it.press("\x1b")
        it.press("d")
        it.wait("for good?")
        it.press("н")
        it.wait("No dictations yet.")
        it.press("\x1b")
        it.wait("Press space and speak.")
        it.press("q")
        assert it.exit_code() == 0
    (saved,) = tmp_path.glob("dictation-1-*.txt")
    assert numbers(saved.read_text()) == list(range(1, 31))
    assert not list(paths.recordings.iterdir())
    library = Library(paths.library)
    assert library.ids() == []
    library.close()


def test_whoever_speaks_comes_first(paths: Paths, two_cities: Path) -> None:
    pcm = count(1, 120, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    keep(paths, (), (Gap(0, len(pcm) // 2, Reason.UNFINISHED),), pcm=pcm)
    options = ["--source", f"file:{two_cities}", "--speed", "4"]
    with Ear() as ear, Terminal(*options, "--endpoint", ear.endpoint) as it:
        it.wait("Listening")
        it.press(" ")
        it.wait("Unfinished", "Press u to recognise it")
        it.press("u")
        it.wait("Recognising dictation 1")
        it.press(" ")
        it.wait("Listening", "paused.")
        it.press(" ")
        it.wait("Saved as dictation 3")
        it.wait("lines recognised", patience_s=60)
        it.press("q")
        assert it.exit_code() == 0
    assert numbers(kept(paths).text) == list(range(1, 121))
