"""``skdictate doctor`` as people and programs use it: marks, JSON, exit codes, hangs, signals."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from skdictate.doctor import examine
from skdictate.doctor.check_report import JsonReport
from skdictate.doctor.check_result import Check, CheckContext, CheckResult, CheckState
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.server.test_embedded_server import gone
from tests.support.command import Done, finish, heard, run, start
from tests.support.processes import children
from tests.support.sound_server import SoundServer
from tests.support.terminal import Terminal

NAMES = [check.name for check in examine.CHECKS]
STATES = {"ok", "warning", "failed", "skipped"}
SILENT = ("--source", "stdin")
"""No microphone is needed."""
CANARY = "canary-4417"


def states(done: Done) -> dict[str, str]:
    return {check["name"]: check["state"] for check in done.events("check")}


async def test_in_a_pipe_it_is_plain_and_narrow_and_well() -> None:
    done = await run("doctor", *SILENT)
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert re.findall(r"^[✓!✗-] ((?:\S+ )?\S+)", done.out, re.MULTILINE) == NAMES
    assert "Moonshine tiny: 10 s of speech" in done.out


async def test_json_is_one_object_a_line() -> None:
    done = await run("doctor", *SILENT, "--format", "json")
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert {fields["v"] for fields in objects} == {1}
    *checks, end = objects
    assert [check["name"] for check in checks] == NAMES
    for check in checks:
        assert list(check) == ["v", "event", "name", "state", "detail", "hint"]
        assert check["event"] == "check"
        assert check["state"] in STATES
        assert check["detail"]
    found = list(states(done).values())
    assert end == {
        "v": 1,
        "event": "end",
        "ok": found.count("ok"),
        "warnings": found.count("warning"),
        "failed": 0,
    }


async def test_hostile_settings_are_told_and_do_nothing(tmp_path: Path) -> None:
    home = tmp_path / "a\x1b[31mb"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('"\\u001b]52;c;eA==\\u0007" = 1\n')
    done = await run("doctor", *SILENT, environ={"SKDICTATE_HOME": str(home)})
    assert done.code == 3
    assert "✗ settings      Unknown setting" in done.out
    assert "\x1b" not in done.out + done.err
    assert "\x07" not in done.out + done.err
    assert "✓ recogniser" in done.out, "the rest is looked at all the same"


@pytest.mark.parametrize(
    ("content", "environ", "said"),
    [
        ("rate = 8000\nrate = 9000\n", {}, "The settings cannot be read"),
        ("rate = 5\n", {}, "rate is '5'"),
        ("", {"SKDICTATE_RAET": "8000"}, "SKDICTATE_RATE"),
        ("", {"SKDICTATE_LANGUAGE": "ru-RU"}, "English only"),
        ('engine = "local"\n', {"SKDICTATE_ENDPOINT": "x:1"}, "Two recognisers"),
    ],
)
async def test_wrong_settings_are_an_exit_code(
    home: Path, content: str, environ: dict[str, str], said: str
) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(content)
    done = await run("doctor", *SILENT, environ=environ)
    assert done.code == 3
    assert said in done.out


async def test_what_is_right_counts_even_if_the_file_is_wrong(home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("nonsense")
    done = await run("doctor", environ={"SKDICTATE_SOURCE": "stdin"})
    assert done.code == 3
    assert "- microphone    not used: the source is stdin" in done.out


async def test_a_wrong_flag_is_wrong_usage() -> None:
    done = await run("doctor", "--rate", "5")
    assert (done.code, done.out) == (2, "")


async def test_a_place_that_cannot_be_used_is_the_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "home")
    done = await run("doctor", *SILENT, "--format", "json", environ={"SKDICTATE_HOME": home})
    assert states(done)["folders"] == "failed"
    assert done.code == 7


@pytest.mark.parametrize(("token", "code", "state"), [("", 0, "ok"), ("another", 4, "failed")])
async def test_the_key_is_tried_when_that_is_asked_for_and_shown_never(
    serving: Serving, token: str, code: int, state: str
) -> None:
    async with serving(address="127.0.0.1:0", token=token) as endpoint:
        done = await run(
            *("doctor", "--endpoint", endpoint.target, "--plaintext", "--online", *SILENT),
            *("--format", "json"),
            environ={"YC_API_KEY": CANARY},
        )
    assert states(done)["service"] == "ok"
    assert states(done)["key"] == state
    assert done.code == code
    assert CANARY not in done.out + done.err


async def test_a_server_that_is_not_there_is_the_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{taken.getsockname()[1]}"
        done = await run("doctor", *SILENT, "--endpoint", target, "--plaintext")
    assert done.code == 6
    assert f"✗ service       {target}: no connection" in done.out
    assert "Check that the server runs." in done.out


async def test_a_microphone_is_listened_to(two_cities: Path) -> None:
    with SoundServer() as server:
        server.play(two_cities, n_times=10)
        done = await run(*("doctor", "--format", "json"), environ={"PULSE_SERVER": server.address})
    (found,) = [check for check in done.events("check") if check["name"] == "microphone"]
    assert re.search(r"Desk \(PulseAudio [\d.]+\): −[1-4]\d dBFS, peak −\d+$", found["detail"])
    assert states(done)["sound server"] == "ok"
    assert done.code == 0


async def test_a_microphone_that_is_muted_is_remarked() -> None:
    with SoundServer() as server:
        done = await run("doctor", environ={"PULSE_SERVER": server.address})
    assert "digital silence" in done.out
    assert "The microphone is muted" in done.out
    assert done.code == 0


async def test_a_microphone_that_is_not_there_is_an_exit_code() -> None:
    with SoundServer() as server:
        done = await run(
            *("doctor", "--source", "mic:nonsense"), environ={"PULSE_SERVER": server.address}
        )
    assert "'nonsense'" in done.out
    assert done.code == 5


@pytest.mark.skipif(Path("/dev/snd").exists(), reason="this machine has sound of its own")
@pytest.mark.parametrize("has_portaudio", [True, False])
async def test_over_ssh_the_microphone_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_portaudio: bool
) -> None:
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 4000 192.0.2.2 22")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if not has_portaudio:
        (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))  # and no program that records
    done = await run("doctor")
    assert done.code == 5
    said = " ".join(done.out.split())
    assert "✗ microphone" in said
    assert "use the microphone of the machine" in said
    assert "apt install" not in said


async def test_a_sound_server_that_hangs_does_not_hang_the_doctor() -> None:
    with SoundServer() as server:
        server.freeze()
        began_s = time.monotonic()
        done = await run(*("doctor", "--format", "json"), environ={"PULSE_SERVER": server.address})
        took_s = time.monotonic() - began_s
        server.thaw()
    assert states(done) | {
        "portaudio": "warning",
        "sound server": "failed",
        "microphone": "failed",
        "recogniser": "ok",
    } == states(done)
    assert done.code == 5
    assert took_s < 40


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
async def test_a_signal_ends_it_at_once_and_leaves_nothing_behind(
    number: signal.Signals, code: int
) -> None:
    with SoundServer() as server:
        server.freeze()
        process = await start("doctor", environ={"PULSE_SERVER": server.address})
        await heard(process.stdout, b"terminal")
        started = await born(process.pid)
        began_s = time.monotonic()
        process.send_signal(number)
        done = await finish(process)
        took_s = time.monotonic() - began_s
        for child in started:
            assert await gone(child)
        server.thaw()
    assert done.code == code
    assert "Traceback" not in done.err
    assert took_s < 2.5


async def born(pid: int) -> list[int]:
    """The children of a process, as soon as there are some."""
    while not (found := children(pid)):
        await asyncio.sleep(0.05)
    return found


def test_on_a_terminal_it_is_coloured_and_asks_what_the_terminal_is() -> None:
    with Terminal("doctor", *SILENT) as it:
        answer(it, "\x1b[?0u\x1b[?62;22;52c")
        screen = it.wait("No problems found.")
        assert it.exit_code() == 0
    assert "80x24, 256 colours, UTF-8, xterm-256color" in screen
    said = " ".join(screen.split())
    assert "kitty keyboard protocol, clipboard can be set" in said
    assert b"\x1b[32m" in it.output
    assert "[?62" not in screen, "the answer is not echoed"


def test_no_colour_where_none_is_wanted() -> None:
    with Terminal("doctor", *SILENT, environ={"NO_COLOR": "1"}) as it:
        screen = it.wait("No problems found.")
        it.exit_code()
    assert "keyboard protocol unknown" in " ".join(screen.split()), "it was not answered"
    assert re.search(rb"\x1b\[[\d;]*m", it.output) is None


def answer(it: Terminal, words: str) -> None:
    """Answer the query, as the terminal would."""
    until_s = time.monotonic() + 20
    while b"\x1b[c" not in it.output:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    it.press(words)


# ------------------------------------------------------------------------------ the runner


def judge(*checks: Check) -> tuple[Exit, list[dict[str, str]]]:
    out = io.StringIO()
    case = CheckContext(Paths.of(), os.environ)
    code = examine.run(checks, case, JsonReport(out))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


async def well(_case: CheckContext) -> CheckResult:
    return CheckResult("well", CheckState.OK, "good")


async def ill(_case: CheckContext) -> CheckResult:
    return CheckResult("ill", CheckState.FAILED, "bad", exit_code=Exit.DISK)


async def doubtful(_case: CheckContext) -> CheckResult:
    return CheckResult("doubtful", CheckState.WARNING, "so so", exit_code=Exit.NETWORK)


async def stuck(_case: CheckContext) -> CheckResult:
    threading.Event().wait(5)
    return CheckResult("stuck", CheckState.OK, "late")


async def raising(_case: CheckContext) -> CheckResult:
    raise ProblemError(Problem(Kind.CREDENTIALS, "No key", "none", "Get one."))


async def broken(_case: CheckContext) -> CheckResult:
    raise ImportError("no such package")


def test_the_first_that_failed_gives_the_exit_code() -> None:
    assert judge(Check("a", well, 5), Check("b", doubtful, 5))[0] is Exit.DONE
    code, said = judge(Check("a", doubtful, 5), Check("b", ill, 5), Check("c", raising, 5))
    assert code is Exit.DISK
    assert said[-1] == {"v": 1, "event": "end", "ok": 0, "warnings": 1, "failed": 2}
    assert said[2]["hint"] == "Get one."


def test_a_name_server_that_hangs_is_not_waited_for_at_the_end() -> None:
    code = """
import asyncio, sys, time
from skdictate.doctor import examine
from skdictate.doctor.check_result import Check, CheckResult, CheckState

async def late(_case):
    try:
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 60), 0.2)
    except TimeoutError:
        return CheckResult("late", CheckState.FAILED, "no answer", exit_code=6)

examine.CHECKS = [Check("late", late, 10)]
sys.exit(examine.examine({}, form="text", is_online=False))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert done.stdout == f"✗ {'late':<14}no answer\n1 failed.\n"
    assert done.returncode == 6


def test_what_hangs_or_breaks_is_a_finding_and_the_next_one_comes() -> None:
    began_s = time.monotonic()
    code, said = judge(
        Check("a", stuck, 0.2, exit_code=Exit.MICROPHONE),
        Check("b", broken, 5),
        Check("c", well, 5),
    )
    assert time.monotonic() - began_s < 3
    assert code is Exit.MICROPHONE
    assert [fields.get("state") for fields in said] == ["failed", "failed", "ok", None]
    assert said[0]["detail"] == "no answer within 0.2 s"
    assert "ImportError: no such package" in said[1]["detail"]
