"""The app in a real terminal, on real speech: what is seen, pressed, kept, and given back."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import pytest
import soundfile

from skdictate.audio.pcm import Format
from skdictate.library.library import Library
from skdictate.library.stored_dictation import StoredDictation
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.number_recogniser import count, numbers, write
from tests.support.processes import children
from tests.support.terminal import Terminal


def newest(paths: Paths) -> StoredDictation:
    library = Library(paths.library)
    kept = library.get(library.ids()[0])
    library.close()
    assert kept is not None
    return kept


def test_the_demo_is_rewritten_committed_stopped_saved_and_left(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Terminal("--demo") as it:
        it.wait("Listening", "…  ")
        guesses = set()
        for _ in range(400):
            guesses.add(it.wait("…  ").split("…  ")[1].split("\n")[0])
            if len(guesses) >= 3:
                break
            time.sleep(0.05)
        assert len(guesses) >= 3, "the partial rewrites in place"
        screen = it.wait("0:00  It was the best of times, it was the worst of times.", "0:04")
        assert re.search(r"−\d\d dBFS +peak +−\d\d", screen)
        assert re.search(
            r"Audio 0:[0-5]\d of 5:00 +Data [01]\.\d of 10 MB +Last message 0\.\d of 5 s", screen
        )
        assert "session 1 · nothing billed" in screen
        it.press(" ")
        it.wait("space Start", "Saved as dictation 1")
        it.press("s")
        it.wait("Saved", " line")
        it.press("q")
        assert it.exit_code() == 0
        assert it.is_restored()
        assert b"Saved as dictation 1" in it.output
    (saved,) = tmp_path.glob("dictation-*.txt")
    kept = newest(paths)
    assert saved.read_text().split("\n")[:-1] == [line.text for line in kept.lines]
    with wave.open(str(paths.recordings / kept.about.recording)) as recorded:
        assert recorded.getnframes() == kept.n_samples
    assert kept.lines[-1].end_sample <= kept.n_samples


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
async def test_a_signal_while_dictating_saves_all_and_gives_the_terminal_back(
    serving: Serving, paths: Paths, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    sound = Format(16_000)
    pcm = count(1, 600, sound, gap_s=0.05, pause_s=0.5, run=10)
    path = write(tmp_path / "numbers.wav", pcm, sound)

    def dictate_until_the_signal(endpoint: str) -> None:
        with Terminal("--source", f"file:{path}", "--endpoint", endpoint) as it:
            it.wait("11 12 13")
            it.signal(number)
            assert it.exit_code() == code
            assert it.is_restored()

    async with serving() as endpoint:
        await asyncio.to_thread(dictate_until_the_signal, endpoint.target)
    kept = newest(paths)
    assert kept.state == "done"
    said = numbers(kept.text.rpartition(" ")[0])  # the last one may have been cut by the signal
    assert said == list(range(1, len(said) + 1))
    assert len(said) > 12


def test_ctrl_c_is_a_way_to_leave(paths: Paths) -> None:
    with Terminal("--demo") as it:
        it.wait("0:00  It was the best of times")
        it.press("\x03")
        assert it.exit_code() == 0
        assert it.is_restored()
    assert newest(paths).state == "done"


def test_when_the_terminal_is_gone_all_is_saved(paths: Paths) -> None:
    with Terminal("--demo") as it:
        it.wait("0:00  It was the best of times")
        it.hang_up()
        assert it.exit_code() == 129
    kept = newest(paths)
    assert kept.state == "done"
    assert "best of times" in kept.text


def test_without_a_screen_it_is_the_same_when_the_terminal_is_gone(paths: Paths) -> None:
    with Terminal("listen", "--demo") as it:
        it.wait("best of times")
        it.hang_up()
        assert it.exit_code() == 129
    kept = newest(paths)
    assert kept.ended_at is not None, "it was ended in good order"
    assert "best of times" in kept.text


def test_a_terminal_that_stands_still_does_not_stop_the_recording(paths: Paths) -> None:
    with Terminal("--demo", "--speed", "4") as it:
        it.wait("0:00  It was the best of times")
        it.freeze()
        time.sleep(6)
        it.signal(signal.SIGTERM)
        assert it.exit_code() == 143
        assert it.is_echoing, "the shell's keys are seen again"
    kept = newest(paths)
    assert kept.n_samples > 20 * 16_000


def test_every_letter_key_works_on_a_russian_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Terminal("--demo", "--speed", "4") as it:
        it.wait("0:00  It was the best of times")
        it.press("з")
        it.wait("Paused", "p Resume")
        it.press("З")
        it.wait("Listening")
        it.press(" ")
        it.wait("space Start")
        it.press("ы")
        it.wait("Saved")
        it.press("т")
        it.wait("Press space and speak.")
        it.press("й")
        assert it.exit_code() == 0


def test_help_and_the_palette_list_the_keys() -> None:
    with (
        tempfile.TemporaryDirectory() as home,  # a short name, so that it is shown in one row
        Terminal("--source", "mic", environ={"SKDICTATE_HOME": home}) as it,
    ):
        it.wait("Press space and speak.")
        it.press("?")
        screen = it.wait("Help", "Esc closes")
        for key in ("space", "Start and stop;"):
            assert key in screen
        it.press("\x1b[F")
        it.wait("Russian layout", "library.sqlite")
        it.press("\x1b")
        it.wait("Press space and speak.")
        it.press("\x10")
        it.wait("Quit; dictations are saved")
        it.press("\x1b")
        it.wait("Press space and speak.")
        it.press("q")
        assert it.exit_code() == 0


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), (40, 10), (60, 20), (80, 24), (200, 60)])
def test_it_works_at_every_size(columns: int, rows: int) -> None:
    with Terminal("--demo", columns=columns, rows=rows) as it:
        it.wait("Listening")
        it.wait("It was")
        it.press("q")
        assert it.exit_code() == 0


def test_a_sentence_ends_when_the_user_says_so(paths: Paths) -> None:
    with Terminal("--demo") as it:
        it.wait("…  it was the best")
        it.press("у")
        it.wait("0:00  It was the best")
        it.press("q")
        assert it.exit_code() == 0
    first = newest(paths).lines[0]
    assert "worst of times" not in first.text, "it goes on for two seconds more"


def test_a_storm_of_sizes_is_survived() -> None:
    with Terminal("--demo") as it:
        it.wait("best of times")
        for step in range(40):
            it.resize(20 + step * 37 % 160, 4 + step * 13 % 50)
            time.sleep(0.03)
        it.resize(80, 24)
        it.wait("0:00  It was the best of times, it was the worst of times.", "Audio", "s Save")
        it.resize(80, 12)
        it.wait("dBFS")
        time.sleep(0.5)
        assert "Audio" not in it.text, "on a low screen the text comes first"
        it.press("q")
        assert it.exit_code() == 0


def test_the_recogniser_is_killed_while_dictating(paths: Paths) -> None:
    with Terminal("--demo", "--speed", "2") as it:
        it.wait("0:00  It was the best of times")
        os.kill(children(it.pid)[0], signal.SIGKILL)
        it.wait("The embedded recogniser stopped: It was ended by SIGKILL")
        it.wait("It was the epoch of belief", "winter of despair", patience_s=60)
        assert "stopped" not in it.text
        it.press("q")
        assert it.exit_code() == 0
    assert newest(paths).state == "done"


def test_what_is_piped_in_is_sound_and_keys_still_come_from_the_terminal(
    beckett: Path, paths: Paths
) -> None:
    feed = "import sys, time; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read());"
    code = f"{feed} sys.stdout.flush(); time.sleep(60)"
    feeder = subprocess.Popen([sys.executable, "-c", code, beckett], stdout=subprocess.PIPE)
    assert feeder.stdout is not None
    with Terminal("--source", "stdin", stdin=feeder.stdout.fileno()) as it:
        it.wait("ver tried")
        it.press("q")
        assert it.exit_code() == 0
    feeder.kill()
    feeder.wait()
    feeder.stdout.close()
    assert newest(paths).n_samples == soundfile.info(beckett).frames


def test_without_a_terminal_it_is_said_in_words() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skdictate"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "skdictate listen" in done.stderr


def test_a_setting_that_makes_no_sense_is_said_on_the_screen() -> None:
    with Terminal("--demo", "--engine", "speechkit") as it:
        it.wait("SpeechKit needs a key", "--engine local")
        it.press("q")
        assert it.exit_code() == 4
