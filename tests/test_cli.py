"""The command line as other programs use it: output, exit codes, signals."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import soundfile

from skdictate.core.audio import Format
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.paths import Paths
from tests.conftest import Serving
from tests.echo import count, numbers, write
from tests.processes import children

SOUND = Format(16_000)
COMMAND = [sys.executable, "-m", "skdictate"]


@dataclass
class Done:
    code: int
    out: str
    err: str

    def events(self, kind: str) -> list[dict[str, Any]]:
        objects = [json.loads(line) for line in self.out.splitlines()]
        return [fields for fields in objects if fields["event"] == kind]


async def start(
    *arguments: str, environ: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )


async def finish(process: asyncio.subprocess.Process, given: bytes = b"") -> Done:
    async with asyncio.timeout(120):
        out, err = await process.communicate(given)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def run(
    *arguments: str, environ: Mapping[str, str] | None = None, given: bytes = b""
) -> Done:
    return await finish(await start(*arguments, environ=environ), given)


async def listing() -> list[dict[str, Any]]:
    done = await run("history", "list", "--format", "json")
    return [json.loads(line) for line in done.out.splitlines()]


def test_help_is_short_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from skdictate.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "transcribe" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    heavy = (
        "textual",
        "rich",
        "grpc",
        "google.protobuf",
        "numpy",
        "sounddevice",
        "asyncio",
        "sqlite3",
    )
    loaded = [name for name in heavy if f"'{name}'" in done.stderr]
    assert loaded == []


def test_no_core_dump_holds_speech_or_keys() -> None:
    code = (
        "import resource\n"
        "from skdictate.cli import main\n"
        "core = resource.RLIMIT_CORE\n"
        "resource.setrlimit(core, (resource.getrlimit(core)[1],) * 2)\n"
        "main(['history', 'list'])\n"
        "print(resource.getrlimit(core)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has a word for it")
def test_no_other_program_looks_into_the_memory() -> None:
    code = (
        "import ctypes\n"
        "from skdictate.cli import main\n"
        "is_dumpable = lambda: ctypes.CDLL(None).prctl(3)\n"
        "print(is_dumpable())\n"
        "main(['history', 'list'])\n"
        "print(is_dumpable())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n0\n"


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


async def test_sound_on_standard_input(beckett: Path) -> None:
    sound, _ = soundfile.read(beckett, dtype="int16")
    for given in (sound.tobytes(), beckett.read_bytes()):
        done = await run("listen", "--source", "stdin", given=given)
        assert done.code == 0
        assert "ever tried" in done.out.lower()


async def test_several_files_are_several_dictations(beckett: Path) -> None:
    done = await run("transcribe", str(beckett), str(beckett), "--speed", "50")
    assert done.code == 0
    assert done.out.lower().count("ever tried") == 2
    assert len(await listing()) == 2


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


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "said"),
    [
        (["--nonsense"], {}, 2, "unrecognized arguments"),
        (["listen", "--rate", "5"], {}, 2, "It may be 8000, 16000, 48000."),
        (["listen", "--source", "nonsense"], {}, 2, "no such source"),
        (["transcribe", "/nowhere.wav"], {}, 2, "There is no file /nowhere.wav"),
        (["history"], {}, 2, "required"),
        (["listen"], {"SKDICTATE_RAET": "8000"}, 3, "SKDICTATE_RATE"),
        (["listen"], {"SKDICTATE_RATE": "7"}, 3, "SKDICTATE_RATE"),
        (["listen", "--endpoint", "x:1", "--plaintext"], {}, 3, "unencrypted"),
        (["listen", "--endpoint", "x:1", "--engine", "local"], {}, 3, "Two recognisers"),
        (["listen", "--language", "ru-RU"], {}, 3, "English only"),
        (["listen", "--engine", "speechkit"], {}, 4, "SKDICTATE_API_KEY"),
        (["listen", "--demo"], {"YC_API_KEY": "two words"}, 4, "damaged"),
    ],
)
async def test_what_is_wrong_is_one_sentence_and_an_exit_code(
    arguments: list[str], environ: dict[str, str], code: int, said: str
) -> None:
    done = await run(*arguments, environ=environ)
    assert done.code == code
    assert said in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


async def test_a_key_that_is_refused_ends_a_transcription_and_is_shown_nowhere(
    serving: Serving, beckett: Path, home: Path
) -> None:
    canary = "canary-5512"
    async with serving(address="127.0.0.1:0", token="another") as endpoint:
        done = await run(
            *("transcribe", str(beckett), "--endpoint", endpoint.target, "--plaintext"),
            *("--format", "json"),
            environ={"SKDICTATE_API_KEY": canary},
        )
    assert done.code == 4
    assert "The key is not accepted" in done.err
    (problem,) = done.events("problem")
    assert problem["permanent"] is True
    assert canary not in done.out + done.err
    for path in home.rglob("*"):
        assert not path.is_file() or canary.encode() not in path.read_bytes()


async def test_a_stretch_that_was_not_recognised_is_an_exit_code_of_its_own(
    serving: Serving, tmp_path: Path
) -> None:
    pcm = count(1, 60, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving() as endpoint:
        process = await start(
            *("transcribe", str(path), "--endpoint", endpoint.target, "--speed", "4"),
        )
        assert process.stdout is not None
        first = await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    done = await finish(process)
    assert first.decode().split() == [str(n) for n in range(1, 11)]
    assert "not recognised" in done.out
    assert done.code == 130


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
async def test_a_signal_ends_it_in_good_order(number: signal.Signals, code: int) -> None:
    process = await start("listen", "--demo", "--speed", "2")
    assert process.stdout is not None
    first = await process.stdout.readline()
    process.send_signal(number)
    done = await finish(process)
    assert b"best of times" in first
    assert done.code == code
    (entry,) = [
        json.loads(x) for x in (await run("history", "list", "--format", "json")).out.splitlines()
    ]
    assert entry["state"] == "done"
    assert first.decode().strip() in entry["text"]
    recording = Recording.open(Path(entry["recording"]))
    assert recording.n_samples * 1000 // 16_000 == entry["audio_ms"]
    recording.close()


async def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m skdictate listen --demo --speed 8 | head -1",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert b"best of times" in out
    assert [line for line in err.splitlines() if not line.startswith(b"skdictate: ")] == []


async def test_the_recogniser_is_killed_and_crashes_and_no_word_is_lost(two_cities: Path) -> None:
    undisturbed = await run("transcribe", str(two_cities), "--speed", "6")
    process = await start("transcribe", str(two_cities), "--speed", "6")
    assert process.stdout is not None
    out = b""
    for number in (signal.SIGKILL, signal.SIGSEGV):
        out += await process.stdout.readline()
        out += await process.stdout.readline()
        os.kill(children(process.pid)[0], number)
    done = await finish(process)
    for number in (signal.SIGKILL, signal.SIGSEGV):
        assert f"The embedded recogniser stopped: It was ended by {number.name}" in done.err
    assert "answers again" in done.err
    assert done.code == 0
    said = (out.decode() + done.out).lower().split()
    wanted = undisturbed.out.lower().split()
    assert len(said) == pytest.approx(len(wanted), abs=4)
    assert "comparison" in done.out or "compassion" in done.out


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
