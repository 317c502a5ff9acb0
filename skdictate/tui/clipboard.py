"""Copies text to the clipboard of the user's terminal, also over SSH and through tmux."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import partial

from textual.app import App

TMUX_S = 2.0
"""Timeout of a tmux command."""


def offer(app: App[int], text: str) -> None:
    """Send text to the clipboard; terminals do not report whether they accepted it."""
    app.copy_to_clipboard(text)
    if "TMUX" in os.environ:  # tmux's default settings do not pass the sequence on
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
