"""Standard streams that are closed, full, or elsewhere: a dictation goes on without them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell closes no streams there")
CLOSED = {"0": "<&-", "1": ">&-", "2": "2>&-"}


def shell(words: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run skdictate with what a shell does to its streams."""
    command = ["sh", "-c", f'exec "$@" {words}', "sh", *COMMAND, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_a_dictation_without_a_screen_goes_on(beckett: Path, closed: str) -> None:
    words = " ".join(CLOSED[fd] for fd in closed)
    done = shell(words, "transcribe", str(beckett))
    assert done.returncode == 0
    if "1" not in closed:
        assert "ever tried" in done.stdout.lower()
    elif "2" not in closed:
        assert "The text is saved in the library only" in done.stderr
    assert "Ever tried" in shell("", "history", "list").stdout


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_the_app_goes_on_where_there_is_a_terminal(closed: str) -> None:
    with Terminal("--demo", closed=closed, columns=100, rows=30) as terminal:
        screen = terminal.wait("best of times")
        assert len(screen.splitlines()) == 30, "it knows how large the terminal is"
        terminal.press("q")
        assert terminal.exit_code() == 0
        assert terminal.is_restored()
    assert "best of times" in shell("", "history", "list").stdout


def test_the_screen_is_on_the_terminal_whereto_standard_output_goes_or_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    with (
        path.open("w") as out,
        Terminal("--demo", stdout=out.fileno(), columns=100, rows=30) as terminal,
    ):
        assert len(terminal.wait("best of times").splitlines()) == 30
        terminal.press("q")
        assert terminal.exit_code() == 0
    assert path.read_text() == ""


def test_what_is_opened_does_not_take_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from skdictate.cli.main import main\n"
        "main(['history', 'list'])\n"
        "names = [os.readlink(f'/proc/self/fd/{fd}') for fd in (0, 1, 2)]\n"
        "open(sys.argv[1], 'w').write(' '.join(names))\n"
    )
    path = tmp_path / "names"
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code, str(path)]
    subprocess.run(command, check=True)
    assert path.read_text().split() == [os.devnull] * 3


def test_sound_from_a_closed_stream_is_none() -> None:
    done = shell("<&-", "listen", "--source", "stdin")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "It is closed" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize("command", [("history", "list"), ("--help",), ("config",), ("doctor",)])
@pytest.mark.parametrize("buffered", ["", "1"])
def test_output_that_nobody_takes_is_said(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], buffered: str, beckett: Path
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", buffered)
    if command == ("history", "list"):
        shell("", "transcribe", str(beckett), "--speed", "100")
    done = shell(">/dev/full", *command)
    assert done.returncode == 7
    assert done.stderr.count("The output cannot be written") == 1


def test_a_reader_that_has_had_enough_is_no_mistake(beckett: Path) -> None:
    shell("", "transcribe", str(beckett))
    for command in (("history", "show"), ("--help",), ("config",)):
        done = shell("| head -c 1", *command)
        assert len(done.stdout) == 1
        assert done.stderr == ""
