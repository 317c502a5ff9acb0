"""Dictations of before on the command line: recognised again, deleted, kept for a while."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skdictate.app.archive import Archive
from skdictate.cli.main import main
from skdictate.core.changes import Gap, Reason
from skdictate.errors import ProblemError
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.unfinished import Found, Unfinished
from skdictate.output.unfinished_text import length, offered, removed
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.app.test_reprocess import ALL, N_SAMPLES, PCM, SOUND, THIRD, keep, kept, said
from tests.conftest import Serving
from tests.library.killed import running
from tests.support.command import finish, heard, run, start
from tests.support.number_recogniser import numbers
from tests.support.terminal import Terminal

HOLE = Gap(THIRD, 2 * THIRD, Reason.UNRECOGNISED)


async def test_what_was_killed_is_said_at_the_next_start_and_recognised_when_asked(
    serving: Serving, paths: Paths
) -> None:
    library = Library(paths.library)
    _, recording = running(library, paths.recordings, lines=ALL[:2], n_samples=0, settled=100)
    recording.append(PCM)
    recording.close()
    library.close()
    async with serving() as endpoint:
        there, quick = ("--endpoint", endpoint.target), {"SKDICTATE_SPEED": "20"}
        silence = bytes(32_000)
        spoken = await run("listen", "--source", "stdin", *there, given=silence)
        assert "Unfinished: 0:10, 2 phrases, 0:04 not recognised yet." in spoken.err
        assert "skdictate history redo" in spoken.err
        listed = await run("history", "list")
        assert "(0:04 not recognised)" in listed.out
        done = await run("history", "redo", *there, environ=quick)
    assert (done.code, done.out) == (0, f"{said(21, 30)}\n")
    assert "1 of 1 part replaced, 1 lines" in done.err
    assert numbers(kept(paths).text) == list(range(1, 31))
    shown = await run("history", "show", "1")
    assert re.search(
        r"0:06-0:10 recognised again \d{4}-\d\d-\d\d \d\d:\d\d, SpeechKit v3\n", shown.out
    )


async def test_without_a_recogniser_nothing_changes_and_the_code_says_so(paths: Paths) -> None:
    keep(paths, ALL)
    before = kept(paths)
    process = await start("history", "redo", "--all", "--endpoint", "unix:/nowhere/s")
    await heard(process.stderr, b"cannot be reached")
    process.send_signal(signal.SIGTERM)
    done = await finish(process)
    assert done.code == 143
    assert "0 of 1 part replaced" in done.err
    assert kept(paths) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["redo", "9"], "none with number 9"),
        (["redo", "--lines", "5"], "no such part with a recording"),
        (["redo", "--lines", "5-x"], "is not a range of lines"),
        (["redo", "--from", "1:x"], "is not a time"),
        (["redo", "--from", "0:59", "--to", "1:02:03.5"], "no such part with a recording"),
        (["redo", "--all", "--gaps"], "exclude each other"),
        (["redo", "--language", "ru-RU", "--engine", "local"], "English only"),
        (["delete"], "--before DATE"),
        (["delete", "1", "--all"], "not clear which"),
        (["delete", "9", "--yes"], "none with number 9"),
        (["delete", "1"], "--yes"),
        (["delete", "--before", "yesterday", "--yes"], "2026-01-31"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    paths: Paths, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    keep(paths, ALL)
    before = kept(paths)
    code = main(["history", *arguments])
    assert code == (3 if "ru-RU" in arguments else 2)
    assert words in capsys.readouterr().err
    assert kept(paths) == before


def test_deleting_is_asked_for(paths: Paths) -> None:
    keep(paths, ALL)
    for answer, is_gone in (("n", False), ("y", True)):
        with Terminal("history", "delete", "1") as it:
            it.wait("Delete dictation 1, sound and text, for good? [y/N]")
            it.press(answer, "\r")
            assert it.exit_code() == 0
        assert (paths.recordings / "a.wav").exists() != is_gone
    assert Archive(paths).listing() == []


def test_all_or_what_is_old_can_be_deleted(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(paths, ALL)
    library = Library(paths.library)
    _, recording = running(library, paths.recordings, "b.wav")
    empty = Recording.create(paths.recordings / "empty.wav", SOUND)
    empty.close()
    aside = paths.library.with_stem("library damaged 2026-01-01 10.00.00")
    aside.write_bytes(b"half of a text")
    assert main(["history", "delete", "--before", "2026-01-01", "--yes"]) == 0
    told = capsys.readouterr().err
    assert "0 dictations deleted" in told
    assert f"may still contain deleted text: {aside}" in told
    assert main(["history", "delete", "--all", "--yes"]) == 2
    said = capsys.readouterr().err
    assert "1 dictation deleted, sound and text" in said
    assert "dictation 2 is in use and was not deleted" in said
    assert [path.name for path in paths.recordings.iterdir()] == ["b.wav"]
    assert not aside.exists()
    recording.close()
    assert main(["history", "delete", "--before", "2100-01-01", "--yes"]) == 0
    assert not list(paths.recordings.iterdir())
    library.close()


async def test_sound_that_is_not_to_be_kept_goes_when_it_is_recognised(
    serving: Serving, beckett: Path, paths: Paths
) -> None:
    async with serving() as endpoint:
        there = ("--endpoint", endpoint.target, "--speed", "20")
        done = await run("transcribe", str(beckett), *there, "--no-keep-audio")
    assert done.code == 0
    assert not list(paths.recordings.iterdir())
    assert "recording:  removed" in (await run("history", "show")).out
    process = await start(
        *("transcribe", str(beckett), "--endpoint", "unix:/nowhere/s"),
        *("--no-keep-audio", "--speed", "0"),
    )
    await heard(process.stderr, b"cannot be reached")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    done = await finish(process)
    assert "The recording is kept until all of it is recognised" in done.err
    assert len(list(paths.recordings.iterdir())) == 1


def test_what_is_older_than_one_wants_goes_at_the_next_start(paths: Paths) -> None:
    keep(paths, ALL)
    library = Library(paths.library)
    library.finish(1, N_SAMPLES, ended_at=datetime.now(UTC) - timedelta(days=31))
    library.close()
    archive = Archive(paths)
    assert archive.look(Settings(keep_audio_days=40)) == Found()
    found = archive.look(Settings(keep_audio_days=30))
    assert (found.n_sounds_removed, found.n_texts_removed) == (1, 0)
    assert removed(found) == "1 recording older than your settings allow"
    assert not archive.listing()[0].has_sound
    assert archive.look(Settings(keep_text_days=30)).n_texts_removed == 1
    assert archive.listing() == []
    assert removed(Found(n_sounds_removed=2, n_texts_removed=1)).startswith(
        "2 recordings and 1 dictation"
    )
    assert removed(Found()) == ""


def test_a_start_makes_no_library(paths: Paths) -> None:
    archive = Archive(paths)
    assert archive.look(Settings()) == Found()
    assert archive.unfinished() == ()
    assert not paths.library.exists()


def test_what_is_unfinished_is_said_in_a_sentence() -> None:
    one = Unfinished(3, 16_000, 16_000 * 725, 48, 16_000 * 33 + 1)
    assert offered(Found((one,))) == "Unfinished: 12:05, 48 phrases, 0:34 not recognised yet."
    assert offered(Found((one, one, one))).endswith(" And 2 more.")
    assert "1 phrase," in offered(Found((Unfinished(1, 8_000, 8_000, 1, 8_000),)))
    assert offered(Found()) == ""
    assert length(1, 16_000) == "0:01"


def test_a_dictation_can_be_saved_by_its_number(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keep(paths, ALL[:1], (HOLE,))
    archive = Archive(paths)
    path = archive.export(1, "text")
    assert re.fullmatch(r"dictation-1-2026-01-0\d-\d{6}\.txt", path.name)
    assert path.read_text() == f"{said(1, 10)}\n[0:03-0:06 not recognised]\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert archive.export(1, "md", str(tmp_path / "out")) == tmp_path / "out"
    with pytest.raises(ProblemError):
        archive.export(7, "text")


async def test_nobody_else_can_read_anything() -> None:
    with tempfile.TemporaryDirectory() as folder:  # a short name, so that sockets are there too
        home = Path(folder) / "home"
        before = os.umask(0)
        try:
            process = await start(
                *("listen", "--demo", "--speed", "2"), environ={"SKDICTATE_HOME": str(home)}
            )
        finally:
            os.umask(before)
        assert process.stdout is not None
        await process.stdout.readline()
        found = {path: path.lstat().st_mode for path in (home, *home.rglob("*"))}
        process.send_signal(signal.SIGINT)
        await finish(process)
    assert {path.suffix for path in found} >= {".wav", ".sqlite", ".sqlite-wal"}
    assert any(stat.S_ISSOCK(mode) for mode in found.values())
    for path, mode in found.items():
        if stat.S_ISDIR(mode):
            assert stat.S_IMODE(mode) == 0o700, path
        elif not stat.S_ISSOCK(mode):  # a socket is as private as its folder
            assert stat.S_IMODE(mode) == 0o600, path


async def test_two_at_once_do_not_disturb_each_other(
    serving: Serving, beckett: Path, paths: Paths
) -> None:
    async with serving() as endpoint:
        there = ("--endpoint", endpoint.target, "--speed", "20")
        done = await asyncio.gather(*(run("transcribe", str(beckett), *there) for _ in range(4)))
    assert [it.code for it in done] == [0] * 4
    assert "Unfinished" not in "".join(it.err for it in done)
    listed = Archive(paths).listing()
    assert sorted(it.id for it in listed) == [1, 2, 3, 4]
    assert {it.state for it in listed} == {"done"}
