"""Dictations of before, made by the program itself, for pictures of the history."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.speech import DATA

SPOKEN = ("LJ001-0002.flac", "ls_1089-134686-0001.flac", "jfk.flac")
COMMAND = (sys.executable, "-m", "skdictate")
N_LINES = 6
"""Seen of the one that is killed."""


def dictate(home: str) -> None:
    """Some in this library that are whole, and one that was killed in the middle."""
    environ = os.environ | {"SKDICTATE_HOME": home}
    for name in SPOKEN:
        subprocess.run(
            [*COMMAND, "transcribe", DATA / name], env=environ, check=True, capture_output=True
        )
    killed = [*COMMAND, "listen", "--demo", "--speed", "3"]
    with subprocess.Popen(
        killed, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as it:
        assert it.stdout is not None
        for _ in range(N_LINES):
            it.stdout.readline()
        it.kill()
