"""Looking at processes that come and go."""

from __future__ import annotations

import subprocess
import sys

from tests.processes import children, command


def test_one_that_has_ended_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as it:
        assert it.pid in children()
        assert "input()" in command(it.pid)
        it.communicate(b"\n")
        assert command(it.pid) == ""
        assert children(it.pid) == []
