"""Notes to the user on standard error, for headless commands."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from rich.cells import cell_len

from skdictate.output.nonblocking_stream import NonBlockingStream
from skdictate.text.clean_text import clean

NOTES_S = 1.0
"""How long ``close`` waits for standard error."""


class StderrNotes:
    """Writes notes as lines, and on a terminal the partial as a last line that is rewritten.

    Thread-safe.
    """

    def __init__(self, stream: TextIO | NonBlockingStream) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._partial = ""
        """Text on the terminal's last line that may be rewritten."""
        self._lock = threading.RLock()

    @property
    def is_rewriting(self) -> bool:
        """Whether a line can be rewritten, which needs a terminal."""
        return self._is_terminal

    def say(self, words: str) -> None:
        """Write a line for the user."""
        with self._lock:
            self.clear()
            self._write(f"skdictate: {clean(words)}\n")

    def partial(self, text: str) -> None:
        """Show a partial on the last line, as much of its end as fits."""
        if not self._is_terminal:
            return
        if isinstance(self._stream, NonBlockingStream) and self._stream.is_behind:
            return
        with self._lock:
            self._partial = _end(text, _columns(self._stream) - 3)
            self._write(f"\r\x1b[K{self._partial}")

    def clear(self) -> None:
        """Remove the partial from the last line."""
        with self._lock:
            if self._partial:
                self._write("\r\x1b[K")
                self._partial = ""

    @contextmanager
    def made_way(self, out: NonBlockingStream) -> Iterator[None]:
        """Remove the partial while lines are written to ``out``, and restore it below them.

        Does nothing unless ``out`` is also the stream of the notes.
        """
        with self._lock:
            partial = self._partial if out is self._stream else ""
            if partial:
                self.clear()
            yield
            if partial:
                self._partial = partial
                self._write(partial)

    def close(self) -> None:
        """Wait up to ``NOTES_S`` until everything is written."""
        if isinstance(self._stream, NonBlockingStream):
            self._stream.drain(NOTES_S)

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a closed standard error must not end a dictation
            self._stream.write(text)
            self._stream.flush()


def _columns(stream: TextIO | NonBlockingStream) -> int:
    """Width of the stream's terminal, which need not be standard output's."""
    with suppress(OSError, ValueError):
        if columns := os.get_terminal_size(stream.fileno()).columns:
            return columns
    return shutil.get_terminal_size().columns


def _end(text: str, width: int) -> str:
    """The end of a text that fits into ``width`` cells; a wide character takes two."""
    if cell_len(text) <= width:
        return text
    kept, room = len(text), width - 1
    while kept and (room := room - cell_len(text[kept - 1])) >= 0:
        kept -= 1
    return "…" + text[kept:]
