"""Ends the server process when memory runs out.

The app restarts it and sends again what has no result. A process that went on with too little
memory would fail one session after another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from skdictate.server.recogniser import Recogniser, RecogniserStream, Utterance

T = TypeVar("T")
OUT_OF_MEMORY = 70
"""The exit code: EX_SOFTWARE of sysexits.h, an internal software error."""


class ExitOnOom:
    """Wraps a recogniser for a process that has one client, and a parent that restarts it."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.name = recogniser.name
        self.language = recogniser.language
        self._recogniser = recogniser

    def open(self, rate_hz: int) -> RecogniserStream:
        """Open a new stream of sound at this sample rate."""
        return ExitOnOomStream(_or_exit(lambda: self._recogniser.open(rate_hz)))


class ExitOnOomStream:
    """One client's sound; see ``RecogniserStream``."""

    def __init__(self, stream: RecogniserStream) -> None:
        self._stream = stream

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Recognise samples (s16le)."""
        return _or_exit(lambda: self._stream.feed(pcm))

    def finish(self) -> list[Utterance]:
        """Finish the recognition and return what is left."""
        return _or_exit(self._stream.finish)

    def close(self) -> None:
        """Free the stream."""
        self._stream.close()


def _or_exit(call: Callable[[], T]) -> T:
    """Return the result of a call; end the process if there is no memory for it."""
    try:
        return call()
    except MemoryError:
        os.write(sys.stderr.fileno(), b"out of memory\n")
        os._exit(OUT_OF_MEMORY)
