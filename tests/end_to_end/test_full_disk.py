"""The whole program on a real disk that is full or read-only: in a pipe, and in a terminal."""

from __future__ import annotations

import time
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from skdictate.library.library import Library
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.command import Done, run
from tests.support.mounts import CAN_MOUNT, grow, mounted, read_only
from tests.support.number_recogniser import count, numbers, write
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount")
SOUND = Format(16_000)

N_WORDS = 50


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few seconds of sound."""
    with mounted(tmp_path / "small", 300_000) as place:
        yield place


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """Numbers, twenty seconds of them."""
    pcm = count(1, N_WORDS, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    return write(tmp_path / "speech.wav", pcm, SOUND)


@pytest.fixture
async def asked(serving: Serving, speech: Path) -> AsyncIterator[list[str]]:
    """The command that transcribes it."""
    async with serving() as endpoint:
        yield [
            "transcribe",
            str(speech),
            "--endpoint",
            endpoint.target,
            "--plaintext",
            "--speed=20",
        ]


async def at(home: Path, *arguments: str) -> Done:
    return await run(*arguments, environ={"SKDICTATE_HOME": str(home)})


async def test_on_a_full_disk_all_is_transcribed_and_what_is_not_saved_is_said(
    small: Path, asked: list[str]
) -> None:
    done = await at(small, *asked)
    assert numbers(done.out) == list(range(1, N_WORDS + 1))
    assert done.code == 7
    said = [line for line in done.err.splitlines() if "No space left on device" in line]
    assert len(said) == 2, done.err
    assert said[0].startswith("skdictate: The disk is full: ")
    assert "held in memory" in said[0]
    assert said[1].startswith("skdictate: Not all of it is saved: ")
    (path,) = (small / "recordings").iterdir()
    with wave.open(str(path)) as recorded:
        assert recorded.getnframes() > 16_000
    grow(small, 8_000_000)
    listed = await at(small, "history", "list")
    assert listed.code == 0
    assert "0:" in listed.out, "what was recorded can be recognised again"


async def test_what_was_saved_on_a_disk_that_is_full_now_can_be_read(
    tmp_path: Path, asked: list[str]
) -> None:
    with mounted(tmp_path / "disk", 4_000_000) as home:
        assert (await at(home, *asked)).code == 0
        with (
            (home / "filler").open("wb", buffering=0) as filler,
            pytest.raises(OSError, match="No"),
        ):
            while True:
                filler.write(bytes(4096))
        exported = await at(home, "history", "export", "--last")
        assert numbers(exported.out) == list(range(1, N_WORDS + 1))
        assert (exported.code, exported.err) == (0, "")


async def test_on_a_read_only_disk_all_is_transcribed_and_nothing_is_touched(
    tmp_path: Path, asked: list[str]
) -> None:
    home = tmp_path / "writable"
    assert (await at(home, *asked)).code == 0
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with read_only(home, tmp_path / "fixed") as fixed:
        done = await at(fixed, *asked)
        exported = await at(fixed, "history", "export", "--last")
    assert numbers(done.out) == list(range(1, N_WORDS + 1))
    assert done.code == 7
    assert "The disk is read-only" in done.err
    assert numbers(exported.out) == list(range(1, N_WORDS + 1))
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


async def test_an_output_on_a_full_disk_is_said_and_the_library_has_it(
    tmp_path: Path, asked: list[str]
) -> None:
    with mounted(tmp_path / "disk", 4096) as full:
        home = tmp_path / "writable"
        done = await at(home, *asked, "--format=json", "--output", str(full / "out.json"))
        assert (full / "out.json").stat().st_size == 4096
    assert done.code == 7
    assert "Not all of the text could be written" in done.err
    kept = Library(Paths.of({"SKDICTATE_HOME": str(home)}).library)
    text = [found.text for number in kept.ids() if (found := kept.get(number))]
    kept.close()
    assert [numbers(it) for it in text] == [list(range(1, N_WORDS + 1))]


def test_the_app_says_it_dictates_on_and_saves_when_there_is_room(
    small: Path, beckett: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small)
    environ = {"SKDICTATE_HOME": str(small), "HOME": str(small)}
    arguments = ("--source", f"file:{beckett}", "--speed", "4")
    with Terminal(*arguments, environ=environ) as it:
        it.wait("! The disk is full", "held in memory")
        it.wait("Try again", "Not all of it is saved", patience_s=60)
        it.press("s")
        it.wait("Save the page elsewhere", "The text cannot be saved")
        it.press("\x1b")
        while "elsewhere" in it.text:
            time.sleep(0.02)
        it.press("q")
        it.wait("Save the page elsewhere", "Esc cancels, Ctrl+Q quits unsaved")
        elsewhere = tmp_path / "elsewhere.txt"
        it.press("\x15", *str(elsewhere), "\r")
        assert it.exit_code() == 7
        assert it.is_restored()
    assert "Ever tried" in elsewhere.read_text()
    assert b"skdictate: Not all of it is saved" in it.output


def test_the_app_saves_what_is_left_as_soon_as_there_is_room(small: Path, beckett: Path) -> None:
    arguments = ("--source", f"file:{beckett}", "--speed", "4")
    with Terminal(*arguments, environ={"SKDICTATE_HOME": str(small)}) as it:
        it.wait("Not all of it is saved", patience_s=60)
        it.press("q")
        it.wait("Ctrl+Q quits unsaved")
        grow(small, 8_000_000)
        it.wait("Dictation 1 is now saved completely", "Saved as dictation 1")
        assert "Save the page elsewhere" not in it.text
        it.press("q")
        assert it.exit_code() == 0
    paths = Paths.of({"SKDICTATE_HOME": str(small)})
    library = Library(paths.library)
    kept = library.get(1)
    library.close()
    assert kept is not None
    assert kept.state == "done"
    assert "Ever tried" in kept.text
    with wave.open(str(paths.recordings / kept.about.recording)) as recorded:
        assert recorded.getnframes() == kept.n_samples
