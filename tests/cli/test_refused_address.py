"""A recogniser that is not there, as the user of the command line sees it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = ["--endpoint", "127.0.0.1:1", "--plaintext"]
COMMANDS = {
    "listen": ["listen", "--source", "demo"],
    "transcribe": ["transcribe"],
}


def command(name: str, recording: Path) -> list[str]:
    words = [sys.executable, "-m", "tests.support.hasty", *COMMANDS[name], *NOBODY]
    return words + ([str(recording)] if name == "transcribe" else [])


@pytest.mark.parametrize("name", COMMANDS)
def test_in_a_pipe_it_is_some_lines_and_a_last_sentence(name: str, beckett: Path) -> None:
    done = subprocess.run(command(name, beckett), capture_output=True, text=True, timeout=300)
    lines = done.stderr.splitlines()
    assert done.returncode == 6, done.stderr
    assert len(lines) <= 8
    assert "cannot be reached" in lines[1]
    assert "The file waits; trying again." in lines[1]
    assert "Recording goes on" not in done.stderr
    assert "icrophone" not in done.stderr
    assert "To recognise them later: skdictate history redo" in lines[-1]
    assert "not recognised" in lines[-1]


def test_on_a_terminal_a_line_is_rewritten(beckett: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("transcribe", beckett), stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    said = b""
    try:
        while block := os.read(ours, 4096):
            said += block
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(ours)
    assert process.wait(60) == 6
    assert said.count(b"\n") <= 8
    assert b"times so far" in said
