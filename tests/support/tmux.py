"""A shell in tmux: a terminal that keeps its modes, and can be asked for them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PROMPT = "prompt>"
FLAGS = ("alternate_on", "mouse_any_flag", "mouse_sgr_flag", "cursor_flag", "wrap_flag")
FRESH = {
    "alternate_on": "0",
    "mouse_any_flag": "0",
    "mouse_sgr_flag": "0",
    "cursor_flag": "1",
    "wrap_flag": "1",
}
"""As a shell wants the terminal."""


class Tmux:
    """``with Tmux(environ) as it: it.type("ls"); it.wait("README.md")``. The shell is bash."""

    def __init__(self, environ: Mapping[str, str] | None = None, columns: int = 100) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-"))
        self._environ = {**os.environ, **(environ or {}), "PS1": f"{PROMPT} "}
        for name in ("TMUX", "TMUX_PANE", "COLUMNS", "LINES"):
            self._environ.pop(name, None)
        self._columns = columns

    def __enter__(self) -> Self:
        size = ("-x", str(self._columns), "-y", "24")
        self.ask("new-session", "-d", *size, "bash", "--norc", "--noprofile", "-i")
        self.pid = int(self.format("pane_pid"))
        self.wait(PROMPT)
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("kill-server")
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, *words: str) -> str:
        """Run a command of tmux; what it prints."""
        command = ["tmux", "-f", "/dev/null", "-S", str(self._folder / "s"), *words]
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def format(self, name: str) -> str:
        """A variable of the pane."""
        return self.ask("display-message", "-p", f"#{{{name}}}").strip()

    @property
    def modes(self) -> dict[str, str]:
        """How the terminal is set by what was written to it."""
        return {name: self.format(name) for name in FLAGS}

    @property
    def is_cooked(self) -> bool:
        """The driver gives a program whole lines, and shows what is typed."""
        command = ["stty", "-F", self.format("pane_tty"), "-a"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return {"icanon", "echo", "isig", "icrnl", "opost"} <= set(told)

    @property
    def text(self) -> str:
        """What is on the screen; a line that was wrapped is whole."""
        return self.ask("capture-pane", "-p", "-J")

    def press(self, *keys: str) -> None:
        """Press keys, by their names in tmux."""
        self.ask("send-keys", *keys)

    def type(self, line: str) -> None:
        """Type a line, and Enter."""
        self.ask("send-keys", "-l", line)
        self.press("Enter")

    def run(self, *arguments: str) -> None:
        """Type a command of this program."""
        self.type(shlex.join([sys.executable, "-m", "skdictate", *arguments]))

    def wait(self, *wanted: str, patience_s: float = 60.0) -> str:
        """Wait until the screen shows all of these; the screen."""
        until_s = time.monotonic() + patience_s
        while time.monotonic() < until_s:
            text = self.text
            if all(words in text for words in wanted):
                return text
            time.sleep(0.05)
        raise AssertionError(f"no {wanted!r} on this screen:\n{self.text}")
