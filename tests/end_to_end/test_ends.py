"""How a command of dictation ends: signals, refusals, readers that go away."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from skdictate.library.recording import Recording
from tests.conftest import Serving
from tests.support.command import finish, run, start
from tests.support.number_recogniser import count, write

SOUND = Format(16_000)


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
