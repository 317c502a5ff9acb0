"""Standard error, for whoever dictates without a screen; apart, since old dictations that are
recognised again speak there too."""

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
"""At the end, standard error is waited for this long."""


class StderrNotes:
    """Standard error: problems as lines, and the partial where a terminal can rewrite it.

    Any thread may call.
    """

    def __init__(self, stream: TextIO | NonBlockingStream) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._partial = ""
        """What stands on the last line of the terminal, and may be rewritten."""
        self._lock = threading.RLock()

    @property
    def is_rewriting(self) -> bool:
        """A line can be rewritten, for this is a terminal."""
        return self._is_terminal

    def say(self, words: str) -> None:
        """A line for the user."""
        with self._lock:
            self.clear()
            self._write(f"skdictate: {clean(words)}\n")

    def partial(self, text: str) -> None:
        """The words that may still change: their end, as far as a line has room."""
        if not self._is_terminal:
            return
        if isinstance(self._stream, NonBlockingStream) and self._stream.is_behind:
            return
        with self._lock:
            self._partial = _end(text, _columns(self._stream) - 3)
            self._write(f"\r\x1b[K{self._partial}")

    def clear(self) -> None:
        """Make room for something that stays."""
        with self._lock:
            if self._partial:
                self._write("\r\x1b[K")
                self._partial = ""

    @contextmanager
    def made_way(self, out: NonBlockingStream) -> Iterator[None]:
        """While inside, the line of the partial is free for whole lines that go to ``out``.

        That matters only where ``out`` is the stream of the notes, too; the partial stands below
        those lines afterwards.
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
        """See to it that all is written, if that takes no longer than it should."""
        if isinstance(self._stream, NonBlockingStream):
            self._stream.drain(NOTES_S)

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody listens: no reason to end a dictation
            self._stream.write(text)
            self._stream.flush()


def _columns(stream: TextIO | NonBlockingStream) -> int:
    """Of the terminal that is written to, which need not be that of standard output."""
    with suppress(OSError, ValueError):
        if columns := os.get_terminal_size(stream.fileno()).columns:
            return columns
    return shutil.get_terminal_size().columns


def _end(text: str, width: int) -> str:
    """The last words, in ``width`` cells at most; a wide character takes two."""
    if cell_len(text) <= width:
        return text
    kept, room = len(text), width - 1
    while kept and (room := room - cell_len(text[kept - 1])) >= 0:
        kept -= 1
    return "…" + text[kept:]
