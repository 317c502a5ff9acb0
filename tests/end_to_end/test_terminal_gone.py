"""A terminal that goes away without a signal, as under ``su -``: all ends, and what was said stays.

The kernel tells the leader of the session alone, so here the program is in none that the terminal
controls.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skdictate.system.paths import Paths
from tests.remote_mic.commands.test_ssh_session import NOBODY, is_ready
from tests.support.processes import command
from tests.support.sound_server import SoundServer
from tests.support.sshd import HOST, Sshd, descendants
from tests.support.terminal import Terminal
from tests.tui.test_in_terminal import newest

CAPTURE = "skdictate.mic"
"""The module that has the microphone open."""


@contextmanager
def started(*arguments: str, **environ: str) -> Iterator[Terminal]:
    with Terminal(*arguments, environ=environ, is_controlling=False) as it:
        yield it


def is_capturing(it: Terminal) -> bool:
    return any(CAPTURE in command(pid) for pid in descendants(it.pid))


def begins_to_capture(it: Terminal) -> None:
    while not is_capturing(it):
        assert not it.has_ended
        time.sleep(0.02)


def ends(it: Terminal) -> None:
    """With its terminal, and everything that it has started."""
    theirs = descendants(it.pid)
    it.hang_up()
    assert it.exit_code() == 129
    until_s = time.monotonic() + 10
    while left := [command(pid) for pid in theirs if Path(f"/proc/{pid}/exe").exists()]:
        assert time.monotonic() < until_s, left
        time.sleep(0.02)


def test_the_app_ends_while_nothing_is_dictated() -> None:
    with started("--source", "mic") as it:
        it.wait("Press space and speak.")
        ends(it)


@pytest.mark.parametrize("arguments", [("--demo",), ("listen", "--demo")], ids=" ".join)
def test_what_was_dictated_is_kept(arguments: tuple[str, ...], paths: Paths) -> None:
    with started(*arguments) as it:
        it.wait("best of times")
        ends(it)
    kept = newest(paths)
    assert kept.ended_at is not None, "it was ended in good order"
    assert "best of times" in kept.text


@pytest.mark.usefixtures("address")
@pytest.mark.parametrize("arguments", [(), ("listen",)], ids=["app", "listen"])
def test_a_silent_microphone_goes_off(arguments: tuple[str, ...], paths: Paths) -> None:
    with started(*arguments, "--source", "mic:desk") as it:
        if not arguments:
            it.wait("Press space and speak.")
            it.press(" ")
            it.wait("Listening")
        begins_to_capture(it)
        ends(it)
    assert newest(paths).state == "done"


@pytest.mark.usefixtures("address")
def test_a_sender_goes_off_and_the_app_that_it_served_goes_on(
    server: SoundServer, beckett: Path, paths: Paths
) -> None:
    with Terminal("--source", "remote") as app:
        app.wait("q Quit")
        with started("mic", "send", "--source", "mic:desk") as sender:
            sender.wait("connected to this machine")
            app.wait("Press space and speak.")
            app.press(" ")
            begins_to_capture(sender)
            server.play(beckett)
            app.wait("Ever failed.")
            ends(sender)
        app.wait("waiting for a microphone")
        app.press("q")
        assert app.exit_code() == 0
    assert "Ever failed." in newest(paths).text


def test_a_visit_ends_and_what_was_said_is_kept_there(sshd: Sshd, beckett: Path) -> None:
    ours = {"SKDICTATE_HOME": str(sshd.folder / "laptop"), "SKDICTATE_SOURCE": f"file:{beckett}"}
    with started("ssh", HOST, *NOBODY, **(sshd.environ | ours)) as it:
        is_ready(it)
        it.press(" ")
        it.wait("still recording")
        ends(it)
    while sshd.leftovers:
        time.sleep(0.05)
    assert newest(Paths.of({"SKDICTATE_HOME": str(sshd.home)})).ended_at is not None


def test_who_is_to_outlive_the_terminal_does(paths: Paths) -> None:
    ignoring = "import signal, os, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    code = f"{ignoring} os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    program = [sys.executable, "-c", code, "-m", "skdictate", "listen", "--demo", "--speed", "8"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        first = it.stdout.readline()
        it.send_signal(signal.SIGHUP)
        rest = it.stdout.read()
    assert it.returncode == 0
    assert "best of times" in first
    assert newest(paths).text.split() == (first + rest).split()


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP])
def test_an_app_that_was_stopped_paints_anew_and_takes_keys_as_before(
    number: signal.Signals,
) -> None:
    with Terminal("--source", "mic") as it:
        it.wait("Press space and speak.")
        for _ in range(2):
            it.signal(number)
            os.waitid(os.P_PID, it.pid, os.WSTOPPED)
            it.clear()
            it.signal(signal.SIGCONT)
            it.wait("Press space and speak.", "q Quit")
        it.press("?")
        it.wait("Help", "Esc closes")
        it.press("\x1b")
        it.wait("Press space and speak.")
        it.press("q")
        assert it.exit_code() == 0
        assert it.is_restored()
