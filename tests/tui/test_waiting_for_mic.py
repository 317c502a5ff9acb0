"""The app over SSH, where no microphone is: what it says, and what it does when one comes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.sound_server import SoundServer
from tests.support.sshd import HOST, Sshd
from tests.support.terminal import Terminal

NOBODY = ("--endpoint", "127.0.0.1:1", "--plaintext")
"""A recogniser that need not be started."""
OVER_SSH = {
    "SSH_CONNECTION": "198.51.100.7 50123 203.0.113.9 2222",
    "PULSE_SERVER": "unix:/nonexistent",
}


@contextmanager
def sending(environ: dict[str, str], sound: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``mic send`` of this machine to the app on it."""
    command = [sys.executable, "-m", "skdictate", "mic", "send", "--source", f"file:{sound}"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def test_it_says_why_and_what_to_type_and_takes_one_whenever_it_comes(beckett: Path) -> None:
    with Terminal(*NOBODY, environ=OVER_SSH, rows=30) as it:
        screen = it.wait("○ Waiting for a microphone", "c Copy")
        words = " ".join(screen.split())
        assert "No sound server answers at unix:/nonexistent." in words
        assert "skdictate mic send --program" in words
        assert "root@203.0.113.9 -- -p 2222" in words
        assert "arecord -q -t raw -f S16_LE -r 16000 -c 1 | ssh -p 2222 root@203.0.113.9" in words
        assert "sudo" not in words, "nothing that could be installed here would help"
        for where in ("skdictate", "Linux", "macOS", "Windows"):
            it.press("c")
            it.wait(f"Copied: {where}")
        assert it.output.count(b"\x1b]52;c;") == 4
        with sending({**os.environ, **OVER_SSH}, beckett):
            it.wait("beckett.wav on ", ", ready", "Press space and speak.")
            assert "c Copy" not in it.text
        it.wait("○ Waiting for a microphone", "c Copy")
        it.press(" ")
        it.wait("Waiting for sound")
        with sending({**os.environ, **OVER_SSH}, beckett):
            it.wait("beckett.wav on ", "lag ", "dBFS")
        it.wait(", away for ")
        it.press("q")
        assert it.exit_code() == 0


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (80, 24), (120, 40)])
def test_how_the_line_is_can_be_read_in_terminals_of_every_size(
    beckett: Path, columns: int, rows: int
) -> None:
    with Terminal(*NOBODY, environ=OVER_SSH, columns=columns, rows=rows) as it:
        it.wait("○ Waiting for a")
        with sending({**os.environ, **OVER_SSH}, beckett):
            it.wait("beckett.wav on ", ", ready")
            it.press(" ")
            screen = it.wait("beckett.wav on ", ", lag ", "dBFS")
            assert columns < 80 or re.search(r", round trip \d+ ms, ", screen)
        it.press("q")
        assert it.exit_code() == 0


def test_where_there_is_a_microphone_or_the_user_wants_another_source_it_is_used(
    server: SoundServer,
) -> None:
    server.call("desk", "Desk_Phone")
    there = OVER_SSH | {"PULSE_SERVER": server.address}
    for options, environ in (((), there), (("--source", "mic:x"), OVER_SSH)):
        with Terminal(*NOBODY, *options, environ=environ) as it:
            it.wait("○ Ready", "Press space and speak.")
            it.press("q")
            assert it.exit_code() == 0


def test_a_machine_that_cannot_be_reached_is_said_before_anybody_speaks(sshd: Sshd) -> None:
    config = sshd.config.read_text()
    sshd.config.write_text(config.replace(f"Port {sshd.port}", "Port 1"))
    try:
        with Terminal("--source", f"ssh://{HOST}", *NOBODY, environ=sshd.environ) as it:
            it.wait("Loop cannot be reached", "Connection refused", "ssh loop", "r Retry")
            sshd.config.write_text(config)
            it.press("r")
            it.wait("There is no microphone here")
            it.press("q")
            assert it.exit_code() == 0
    finally:
        sshd.config.write_text(config)


@pytest.mark.parametrize("source", ["ssh://-oProxyCommand=x", "ssh://", "ssh://a/b", "remotes"])
def test_what_is_no_place_is_said_on_the_screen(source: str) -> None:
    with Terminal("--source", source, *NOBODY) as it:
        it.wait("There can be no such" if source != "remotes" else "○ Ready")
        if source == "remotes":
            it.press(" ")
            it.wait("There is no such source", "ssh://HOST")
        it.press("q")
        assert it.exit_code() == 2


def test_where_ssh_has_to_ask_it_can_and_its_answer_serves_for_all_that_follow(
    server: SoundServer,
) -> None:
    with Sshd(environ={"PULSE_SERVER": server.address}) as there:
        lock = ["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", str(there.folder / "user")]
        subprocess.run(lock, check=True)
        there.config.write_text(there.config.read_text().replace("BatchMode yes", ""))
        rc = there.folder / "user-home" / ".bashrc"
        rc.write_text("echo You have mail.\n")
        with Terminal("--source", f"ssh://{HOST}", *NOBODY, environ=there.environ) as it:
            it.wait("Loop asks for a password", "l Login")
            it.press("l")
            it.wait("Enter passphrase for key")
            it.press("open sesame\r")
            it.wait("Monitor of Desk on ", ", ready", "Press space and speak.", "You have mail.")
            assert "l Login" not in it.text
            assert len(there.sessions) == 1, "the microphone comes by the connection of the login"
            it.press("q")
            assert it.exit_code() == 0
        deadline_s = time.monotonic() + 10
        while there.sessions:
            assert time.monotonic() < deadline_s, "it is ended with the app"
            time.sleep(0.02)
