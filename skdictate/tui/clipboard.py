"""Text for the clipboard of the terminal, wherever that is: over SSH, and through tmux."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import partial

from textual.app import App

TMUX_S = 2.0


def offer(app: App[int], text: str) -> None:
    """Send it there. Terminals do not tell whether they took it."""
    app.copy_to_clipboard(text)
    if "TMUX" in os.environ:  # which, as it is set up by default, keeps the above to itself
        app.run_worker(partial(_to_tmux, text), thread=True, exit_on_error=False)


def _to_tmux(text: str) -> None:
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TMUX_S,
        )
