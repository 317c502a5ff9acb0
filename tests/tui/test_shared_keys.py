"""An ssh that feeds the app and reads its keys is told of; one that leaves them alone is not."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from skdictate.tui import shared_keys
from skdictate.tui.shared_keys import WORDS, has_rival
from tests.support.tmux import Tmux

FEEDING = """\
#!/bin/sh
if [ "$1" = -n ]; then exec </dev/null; fi
while head -c 3200 /dev/zero; do sleep 0.1; done
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(FEEDING)
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def test_it_is_told_of_with_what_mends_it(environ: dict[str, str]) -> None:
    with Tmux(environ, columns=200) as it:
        app = shlex.join([sys.executable, "-m", "skdictate", "--source", "stdin"])
        it.type(f"ssh pi arecord | {app}")
        it.wait("also reads them", "ssh -n")
        it.press("q")
        it.wait("Saved as dictation 1")


@pytest.mark.parametrize(("option", "is_told"), [("", "True"), ("-n", "False")])
def test_who_reads_the_terminal_is_known(
    environ: dict[str, str], option: str, is_told: str
) -> None:
    look = "import os, sys; from skdictate.tui import terminal, shared_keys;"
    look += "os.read(0, 9600); terminal.take_stdin(); print('found', shared_keys.has_rival())"
    with Tmux(environ) as it:
        it.type(f"ssh {option} pi | {shlex.join([sys.executable, '-c', look])}")
        it.wait(f"found {is_told}")


def test_elsewhere_nobody_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_keys, "PROC", Path("/nonexistent"))
    assert not has_rival()
    assert "ssh -n" in WORDS
