"""Looking at processes that come and go."""

from __future__ import annotations

import subprocess
import sys

from tests.support.processes import children, command

CODE = "print(flush=True); input()"


def test_one_that_has_ended_is_no_error() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CODE], stdin=pipe, stdout=pipe) as it:
        assert it.stdout is not None
        it.stdout.readline()
        assert it.pid in children()
        assert CODE in command(it.pid)
        it.communicate(b"\n")
        assert command(it.pid) == ""
        assert children(it.pid) == []
