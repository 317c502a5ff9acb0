"""An ssh that is killed while it reads a password: the terminal shows again what is typed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.processes import command
from tests.support.sshd import descendants
from tests.support.terminal import Terminal

ASKING = """\
#!/bin/sh
case "$*" in
  -V) echo OpenSSH_9.2 >&2; exit ;;
  *BatchMode=yes*) echo "me@server: Permission denied (password)." >&2; exit 255 ;;
esac
stty -echo </dev/tty
echo "password:" >/dev/tty
exec sleep 1000
"""
"""What asks without an echo, as ``ssh`` does."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(ASKING)
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def is_asked(it: Terminal) -> int:
    """Wait for the question; who asks."""
    it.wait("password:")
    while True:
        for pid in descendants(it.pid):
            if command(pid).startswith("sleep "):
                assert not it.is_echoing
                return pid
        time.sleep(0.02)


def test_a_visit(environ: dict[str, str]) -> None:
    with Terminal("ssh", "me@server", environ=environ | {"SKDICTATE_SOURCE": "demo"}) as it:
        os.kill(is_asked(it), signal.SIGKILL)
        assert it.exit_code() == 6
        assert it.is_echoing
        it.wait("ssh was ended by SIGKILL", "Log in again: skdictate ssh")


def test_a_sender(environ: dict[str, str]) -> None:
    with Terminal("mic", "send", "--source", "demo", "me@server", environ=environ) as it:
        is_asked(it)
        it.signal(signal.SIGTERM)
        assert it.exit_code() == 143
        assert it.is_echoing


def test_a_login_from_within_the_app(environ: dict[str, str]) -> None:
    with Terminal("--source", "ssh://me@server", environ=environ) as it:
        it.wait("l Login")
        it.press("l")
        os.kill(is_asked(it), signal.SIGKILL)
        it.wait("l Login", "q Quit")
        it.press("q")
        assert it.exit_code() == 0
        assert it.is_echoing
