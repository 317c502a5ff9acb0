"""What nobody foresaw leaves the program as a sentence, an exit code and a report."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from skdictate.errors import Exit
from skdictate.system.paths import Paths
from tests.support.breaking import SECRET, breaking
from tests.support.command import run
from tests.support.terminal import Terminal

MODULE = [sys.executable, "-P", "-m"]


def report(paths: Paths) -> str:
    """The one report that there is; it holds nothing that it must not, and is private."""
    (path,) = (paths.state / "reports").iterdir()
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    text = path.read_text()
    assert SECRET not in text
    assert str(Path.home()) not in text or Path.home() == Path("/")
    assert "ZeroDivisionError" in text
    assert " in broken" in text, "it says in which function"
    return text


def ended(
    command: Sequence[str], environ: Mapping[str, str], given: str = ""
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **environ},
        timeout=60,
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert SECRET not in done.stderr + done.stdout
    return done


@pytest.mark.parametrize("command", ["module", "script"])
def test_a_command_ends_with_a_sentence_and_a_report(
    tmp_path: Path, paths: Paths, command: str
) -> None:
    script = Path(sys.executable).with_name("skdictate")
    words = [str(script)] if command == "script" else [*MODULE, "skdictate"]
    environ = breaking(tmp_path / "break", "skdictate.cli.history_output:write_list")
    done = ended([*words, "history", "list"], environ)
    assert done.returncode == Exit.INTERNAL
    assert int(Exit.INTERNAL) == 70, "sysexits.h calls that EX_SOFTWARE"
    assert done.stderr.count("\n") == 1
    assert str(paths.state / "reports") in done.stderr
    text = report(paths)
    assert "skdictate/cli/history_command.py:" in text
    assert "in _list" in text


async def test_a_dictation_that_fails_so_keeps_what_was_recorded(
    tmp_path: Path, paths: Paths, beckett: Path
) -> None:
    environ = breaking(tmp_path / "break", "skdictate.cli.headless:exit_code")
    done = await run("transcribe", str(beckett), environ=environ)
    assert done.code == Exit.INTERNAL
    assert "Traceback" not in done.err
    assert SECRET not in done.err
    assert "skdictate/cli/headless.py:" in report(paths)
    assert "ever tried" in (await run("history", "export")).out.lower()


@pytest.mark.parametrize(
    ("module", "what", "order"),
    [
        ("skdictate.mic", "skdictate.mic.device_list:survey", {"do": "list"}),
        ("skdictate.server", "skdictate.server.serve:serve", {}),
        (
            "skdictate.remote_mic.sender.resident_sender",
            "skdictate.remote_mic.sender.source_choice:label",
            {"rate_hz": 16000},
        ),
    ],
)
def test_a_child_ends_so_too(
    tmp_path: Path, paths: Paths, module: str, what: str, order: dict[str, object]
) -> None:
    if module == "skdictate.server":
        order = {"address": f"unix:{tmp_path / 's'}"}
    order |= {"path": str(tmp_path / "k"), "device": ""} if "rate_hz" in order else {}
    environ = breaking(tmp_path / "break", what)
    done = ended([*MODULE, module], environ, json.dumps(order) + "\n")
    assert done.returncode == Exit.INTERNAL
    assert done.stderr.count("skdictate: A mistake") == 1
    report(paths)


def test_the_listener_of_a_capture_is_told_where_the_report_is(
    tmp_path: Path, paths: Paths
) -> None:
    environ = breaking(tmp_path / "break", "skdictate.mic.capture:Capture")
    order = {"do": "capture", "rate_hz": 16_000, "device": "", "channel": 0}
    done = ended([*MODULE, "skdictate.mic"], environ, json.dumps(order) + "\n")
    assert "The microphone failed" in done.stdout
    assert str(paths.state / "reports") in done.stdout
    report(paths)


def test_the_app_restores_the_terminal_and_keeps_the_dictation(
    tmp_path: Path, paths: Paths
) -> None:
    environ = breaking(tmp_path / "break", "skdictate.tui.app:HelpScreen")
    with Terminal("--demo", environ=environ) as terminal:
        terminal.wait("best of times")
        terminal.press("?")
        assert terminal.exit_code() == Exit.INTERNAL
        assert terminal.is_restored()
        after = terminal.output[terminal.output.rindex(b"\x1b[?1049l") :].decode()
    assert "A mistake in this program (ZeroDivisionError)" in after
    kept = ended([*MODULE, "skdictate", "history", "list"], {})
    assert "best of times" in kept.stdout
    assert "Traceback" not in after
    assert SECRET not in after
    assert "skdictate/tui/app.py:" in report(paths)


ASIDE = """
import asyncio, sys, threading
from skdictate.system import boundary

def broken():
    1 / 0

class Thing:
    def __del__(self):
        broken()

def thread():
    it = threading.Thread(target=broken)
    it.start()
    it.join()

def clean_up():
    Thing()

def task():
    async def run():
        asyncio.ensure_future(failing())
        await asyncio.sleep(0.1)
    async def failing():
        broken()
    asyncio.run(run())

def command():
    for _ in range(3):
        globals()[sys.argv[1]]()
    print("it goes on")
    return 5

raise SystemExit(boundary.run(command, "a test"))
"""


@pytest.mark.parametrize("where", ["thread", "clean_up", "task"])
def test_beside_the_main_line_it_is_said_once_and_all_goes_on(paths: Paths, where: str) -> None:
    done = ended([sys.executable, "-c", ASIDE, where], {})
    assert (done.returncode, done.stdout) == (5, "it goes on\n")
    assert done.stderr.count("\n") == 1
    assert "A mistake in this program (ZeroDivisionError)" in done.stderr
    report(paths)


GROUP = """
import asyncio, sys
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.system import boundary

async def run():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(60))
        raise {"problem": ProblemError(Problem(Kind.CONFIG, "Known")),
               "pipe": BrokenPipeError(), "key": KeyboardInterrupt()}[sys.argv[1]]

raise SystemExit(boundary.run(lambda: asyncio.run(run()), "a test"))
"""


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [("problem", 3, "skdictate: Known.\n"), ("pipe", 0, ""), ("key", 130, "")],
)
def test_what_was_foreseen_is_told_as_ever_also_out_of_a_group(
    paths: Paths, what: str, code: int, said: str
) -> None:
    done = ended([sys.executable, "-c", GROUP, what], {})
    assert (done.returncode, done.stderr) == (code, said)
    assert not (paths.state / "reports").exists()


CHAIN = """
import sys
from skdictate.system import boundary

def deep(n):
    secret = "{secret}"
    try:
        if n: deep(n - 1)
        else: raise KeyError(secret)
    except KeyError as error:
        raise ValueError(secret) from error

def endless():
    endless()

def command():
    try:
        endless()
    except RecursionError:
        pass
    try:
        deep(3)
    except ValueError as error:
        raise ExceptionGroup("{secret}", [error, OSError(28, "{secret}")])

raise SystemExit(boundary.run(command, "a test"))
"""


def test_a_report_follows_causes_and_groups_and_has_no_messages(paths: Paths) -> None:
    done = ended([sys.executable, "-c", CHAIN.replace("{secret}", SECRET)], {})
    assert done.returncode == Exit.INTERNAL
    (path,) = (paths.state / "reports").iterdir()
    text = path.read_text()
    assert SECRET not in text
    for words in ("ExceptionGroup", "one of these: OSError (ENOSPC)", "caused by KeyError"):
        assert words in text


def test_where_the_state_folder_takes_no_report_another_does(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("no folder")
    environ = breaking(tmp_path / "break", "skdictate.cli.history_command:given")
    environ |= {"SKDICTATE_HOME": str(home / "x"), "TMPDIR": str(tmp_path)}
    done = ended([*MODULE, "skdictate", "history", "list"], environ)
    assert done.returncode == Exit.INTERNAL
    assert list(tmp_path.glob("skdictate-report-*/*.txt")), "there is another folder"


async def test_reports_do_not_pile_up(tmp_path: Path, paths: Paths) -> None:
    folder = paths.state / "reports"
    folder.mkdir(parents=True, mode=0o700)
    for n in range(30):
        (folder / f"2020-01-{n:02}.txt").write_text("old")
    environ = breaking(tmp_path / "break", "skdictate.cli.history_output:write_list")
    await asyncio.to_thread(ended, [*MODULE, "skdictate", "history", "list"], environ)
    assert len(list(folder.iterdir())) == 20
