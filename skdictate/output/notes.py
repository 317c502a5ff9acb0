"""Standard error, for whoever dictates without a screen; apart, since old dictations that are
recognised again speak there too."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TextIO

from skdictate.output.outlet import Outlet

NOTES_S = 1.0
"""At the end, standard error is waited for this long."""


class Notes:
    """Standard error: problems as lines, and the partial where a terminal can rewrite it."""

    def __init__(self, stream: TextIO | Outlet) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._is_partial = False

    def say(self, words: str) -> None:
        """A line for the user."""
        self.clear()
        self._write(f"skdictate: {words}\n")

    def partial(self, text: str) -> None:
        """The words that may still change: their end, as far as a line has room."""
        if not self._is_terminal:
            return
        if isinstance(self._stream, Outlet) and self._stream.is_behind:
            return
        width = shutil.get_terminal_size().columns - 3
        shown = text if len(text) <= width else "…" + text[1 - width :]
        self._write(f"\r\x1b[K{shown}")
        self._is_partial = bool(shown)

    def clear(self) -> None:
        """Make room for something that stays."""
        if self._is_partial:
            self._write("\r\x1b[K")
            self._is_partial = False

    def close(self) -> None:
        """See to it that all is written, if that takes no longer than it should."""
        if isinstance(self._stream, Outlet):
            self._stream.drain(NOTES_S)

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody listens: no reason to end a dictation
            self._stream.write(text)
            self._stream.flush()
