"""``skdictate ssh`` whose connection or app dies: the shell has its terminal back, and is told."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.remote_mic.commands.test_ssh_session import NOBODY
from tests.support.processes import command
from tests.support.sshd import HOST, Sshd, descendants
from tests.support.tmux import FRESH, PROMPT, Tmux


@contextmanager
def visiting(sshd: Sshd, sound: Path, *options: str) -> Iterator[Tmux]:
    """A shell, from which the app of the server was started and is ready."""
    environ = sshd.environ | {
        "SKDICTATE_HOME": str(sshd.folder / "laptop"),
        "SKDICTATE_SOURCE": f"file:{sound}",
    }
    with Tmux(environ) as it:
        it.run("ssh", HOST, *options, *NOBODY)
        it.wait(", ready", "Press space and speak.")
        assert it.modes["alternate_on"] == it.modes["mouse_any_flag"] == "1"
        assert not it.is_cooked
        yield it


def named(pids: list[int], *words: str) -> int:
    """The one of these processes whose command has these words."""
    for pid in pids:
        said = command(pid)
        if all(word in said for word in words):
            return pid
    raise AssertionError(f"none of them has {words!r}")


def ssh(it: Tmux) -> int:
    return named(descendants(it.pid), "ssh", "-t", "-R")


def visit(it: Tmux) -> int:
    return named(descendants(it.pid), "skdictate", f"ssh {HOST}")


def app(sshd: Sshd) -> int:
    pids = [pid for session in sshd.sessions for pid in descendants(session)]
    return named([pid for pid in pids if "sh -c" not in command(pid)], "-m skdictate --source")


def is_given_back(it: Tmux) -> None:
    """The shell works as before, in every respect."""
    it.type("clear; echo it is al''ive")
    it.wait("it is alive")
    assert it.modes == FRESH
    it.type("stty -a; echo")
    it.wait("isig icanon iexten echo echoe")


def kill_ssh(_sshd: Sshd, it: Tmux) -> None:
    os.kill(ssh(it), signal.SIGKILL)


def cut(sshd: Sshd, _it: Tmux) -> None:
    sshd.cut()


def stop_the_server(sshd: Sshd, _it: Tmux) -> None:
    sshd.stop()


def freeze_the_server(sshd: Sshd, _it: Tmux) -> None:
    for pid in sshd.sessions:
        for one in (pid, *descendants(pid)):
            os.kill(one, signal.SIGSTOP)


def kill_the_app(sshd: Sshd, _it: Tmux) -> None:
    os.kill(app(sshd), signal.SIGKILL)


def leave_by_escape(_sshd: Sshd, it: Tmux) -> None:
    it.press("Enter", "~", ".")


LOST = r"The connection to loop was lost: .*\. "
AGAIN = r"What was recorded there is kept there; log in again: skdictate ssh loop .*--plaintext"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (kill_ssh, f"{LOST}{AGAIN}"),
        (cut, f"{LOST}{AGAIN}"),
        (stop_the_server, f"{LOST}{AGAIN}"),
        (freeze_the_server, f"{LOST}{AGAIN}"),
        (leave_by_escape, f"{LOST}{AGAIN}"),
        (kill_the_app, rf"loop ended unexpectedly: It was ended by SIGKILL\. {AGAIN}"),
    ],
)
def test_the_terminal_is_given_back_and_then_it_is_said_how_to_go_on(
    end: Callable[[Sshd, Tmux], None], said: str, beckett: Path
) -> None:
    alive = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2")
    with Sshd() as sshd, visiting(sshd, beckett, *alive) as it:
        end(sshd, it)
        screen = it.wait("--plaintext\n", f"\n{PROMPT}")
        assert re.search(rf"^skdictate: .*{said}$", screen, re.MULTILINE), screen
        assert screen.startswith(PROMPT), "what was on the screen before the visit is there again"
        assert "Press space" not in screen
        is_given_back(it)


def test_who_is_told_to_end_gives_the_terminal_back(sshd: Sshd, beckett: Path) -> None:
    with visiting(sshd, beckett) as it:
        assert "ServerAliveCountMax=8" in command(ssh(it)), "nobody waits for a dead line for ever"
        os.kill(visit(it), signal.SIGTERM)
        it.wait(f"\n{PROMPT}")
        it.type("echo code $?")
        screen = it.wait("code 143")
        assert "lost" not in screen
        is_given_back(it)


def stop_ssh(it: Tmux) -> None:
    os.kill(ssh(it), signal.SIGSTOP)


def ask_to_stop(it: Tmux) -> None:
    os.kill(visit(it), signal.SIGTSTP)


def stop_by_escape(it: Tmux) -> None:
    it.press("Enter", "~", "C-z")


@pytest.mark.parametrize("stop", [stop_ssh, ask_to_stop, stop_by_escape])
def test_after_a_stop_the_shell_has_its_terminal_and_fg_brings_the_picture_back(
    stop: Callable[[Tmux], None], sshd: Sshd, beckett: Path
) -> None:
    with visiting(sshd, beckett) as it:
        for _ in range(2):
            stop(it)
            it.wait("Stopped", f"\n{PROMPT}")
            is_given_back(it)
            it.type("clear; fg")
            it.wait(", ready", "Press space and speak.")
            assert it.modes["alternate_on"] == it.modes["mouse_any_flag"] == "1"
        it.press("?")
        it.wait("Help", "Esc closes")
        it.press("Escape")
        it.wait("Press space and speak.")
        it.press("q")
        it.wait(f"\n{PROMPT}")
        is_given_back(it)
