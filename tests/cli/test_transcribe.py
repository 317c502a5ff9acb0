"""Recordings that are transcribed: the forms of the text, and what is in the library."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
from pathlib import Path

import pytest
import soundfile

from skdictate.audio.pcm import Format
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.command import COMMAND, finish, listing, run, start
from tests.support.number_recogniser import count, numbers, write

SOUND = Format(16_000)


async def test_a_recording_is_transcribed_to_standard_output(beckett: Path) -> None:
    done = await run("transcribe", str(beckett))
    assert done.code == 0
    assert "ever tried" in done.out.lower()
    assert "try again" in done.out.lower()
    assert "\x1b" not in done.out + done.err
    assert all(line.startswith("skdictate: ") for line in done.err.splitlines())


async def test_json_says_everything_as_it_happens(two_cities: Path) -> None:
    done = await run("transcribe", str(two_cities), "--format", "json", "--session-seconds", "20")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert {event["v"] for event in events} == {1}
    assert done.events("partial")
    finals = done.events("final")
    assert [final["line"] for final in finals] == list(range(1, len(finals) + 1))
    assert all(final["start_ms"] <= final["end_ms"] for final in finals)
    refined = {fields["line"]: fields["text"] for fields in done.events("refined")}
    assert "best of times" in str(refined[1])
    states = {(fields["link"], fields["state"]) for fields in done.events("link")}
    assert {(1, "open"), (2, "open"), (3, "closed")} <= states
    (end,) = done.events("end")
    assert end == events[-1]
    assert end["lines"] == len(finals)
    assert end["audio_ms"] == 44_374
    assert end["links"] >= 3
    assert end["billed_s"] == 0


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("srt", r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\nEver tried"),
        ("vtt", r"WEBVTT\n\n1\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\nEver tried"),
        ("md", r"\*\*0:00\*\* Ever tried"),
    ],
)
async def test_other_forms_and_a_file(
    beckett: Path, tmp_path: Path, name: str, pattern: str
) -> None:
    output = tmp_path / "out"
    done = await run("transcribe", str(beckett), "--format", name, "--output", str(output))
    assert done.code == 0
    assert done.out == ""
    assert re.match(pattern, output.read_text(), re.IGNORECASE)


async def test_a_file_is_replaced_by_a_complete_text_alone(beckett: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    output.write_text("old\n")
    missing = await run("transcribe", str(tmp_path / "missing.wav"), "--output", str(output))
    assert (missing.code, output.read_text()) == (2, "old\n")
    gap = await run("transcribe", str(beckett), "/nowhere.wav", "--output", str(output))
    assert (gap.code, output.read_text()) == (2, "old\n")
    part = tmp_path / "out.txt.part"
    assert "ever tried" in part.read_text().lower()
    assert str(part) in gap.err
    done = await run("transcribe", str(beckett), "--output", str(output))
    assert done.code == 0
    assert "ever tried" in output.read_text().lower()
    assert output.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.glob("out*")) == [output, part]


async def test_a_transcription_that_is_interrupted_replaces_nothing(
    two_cities: Path, tmp_path: Path
) -> None:
    output, part = tmp_path / "out.txt", tmp_path / "out.txt.part"
    output.write_text("old\n")
    arguments = ("transcribe", str(two_cities), "--speed", "4", "--output", str(output))
    process = await start(*arguments)
    async with asyncio.timeout(60):
        while not (part.exists() and part.read_text()):
            await asyncio.sleep(0.05)
    assert output.read_text() == "old\n", "the text grows beside it"
    process.send_signal(signal.SIGINT)
    done = await finish(process)
    assert (done.code, output.read_text()) == (130, "old\n")
    assert str(part) in done.err


async def test_an_output_in_a_folder_that_is_not_there_is_said(
    beckett: Path, tmp_path: Path
) -> None:
    for command in (("transcribe", str(beckett)), ("listen", "--demo")):
        done = await run(*command, "--output", str(tmp_path / "missing" / "out.txt"))
        assert done.code == 7
        assert done.err.count("\n") == 1
        assert "The output cannot be written" in done.err


async def test_several_files_are_several_dictations(beckett: Path) -> None:
    done = await run("transcribe", str(beckett), str(beckett), "--speed", "50")
    assert done.code == 0
    assert done.out.lower().count("ever tried") == 2
    assert len(await listing()) == 2


async def test_twenty_second_sessions_at_ten_times_the_pace_lose_and_double_nothing(
    serving: Serving, tmp_path: Path
) -> None:
    pcm = count(1, 1715, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving(session_s=20.0) as endpoint:
        done = await run(
            *("transcribe", str(path), "--endpoint", endpoint.target),
            *("--session-seconds", "20", "--speed", "10"),
        )
    assert done.code == 0
    assert numbers(done.out) == list(range(1, 1716))


async def test_on_a_terminal_the_partial_rewrites_itself(beckett: Path) -> None:
    parent, child = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "transcribe", str(beckett), "--speed", "8"),
        stdout=asyncio.subprocess.PIPE,
        stderr=child,
    )
    os.close(child)
    assert process.stdout is not None
    out = await process.stdout.read()
    await process.wait()
    err = b""
    try:
        while piece := os.read(parent, 65_536):
            err += piece
    except OSError:
        pass
    os.close(parent)
    assert b"\r\x1b[K" in err
    assert b"\x1b" not in out
    assert b"ever tried" in out.lower()


async def test_the_environment_and_the_file_choose_like_flags(home: Path, beckett: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('format = "json"\n')
    done = await run("transcribe", str(beckett), environ={"SKDICTATE_FORMAT": "vtt"})
    assert done.out.startswith("WEBVTT")
    done = await run("transcribe", str(beckett))
    assert done.events("end")


async def test_the_history_is_listed_shown_and_exported(beckett: Path, paths: Paths) -> None:
    empty = await run("history", "show")
    assert (empty.code, "library is empty" in empty.err) == (2, True)
    await run("transcribe", str(beckett))
    listed = await run("history", "list")
    assert re.match(
        r" +1  \d{4}-\d\d-\d\d \d\d:\d\d     0:09  Ever tried", listed.out, re.IGNORECASE
    )
    (entry,) = [
        json.loads(x) for x in (await run("history", "list", "--format", "json")).out.splitlines()
    ]
    recording = Recording.open(Path(entry["recording"]))
    assert recording.n_samples == soundfile.info(beckett).frames
    recording.close()
    shown = await run("history", "show", "1")
    assert "Moonshine" in shown.out
    exported = await run("history", "export", "--last", "--format", "srt")
    assert exported.out.startswith("1\n00:00:00,")
    library = Library(paths.library)
    kept = library.get(1)
    library.close()
    assert kept is not None
    plain = await run("history", "export")
    assert plain.out.split() == kept.text.split()
    missing = await run("history", "show", "7")
    assert (missing.code, missing.out) == (2, "")
