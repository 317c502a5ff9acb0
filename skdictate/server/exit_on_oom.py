"""A recogniser whose process ends when it is out of memory: the parent starts another, and all that
was not answered is sent again. To go on half-starved would fail session after session."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from skdictate.server.recogniser import Recogniser, RecogniserStream, Utterance

T = TypeVar("T")
STARVED = 70
"""The exit code: an internal error of software, by sysexits.h."""


class ExitOnOom:
    """For a process that serves one client, and has a parent that watches over it."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.name = recogniser.name
        self.language = recogniser.language
        self._recogniser = recogniser

    def open(self, rate_hz: int) -> RecogniserStream:
        """A new stream of sound at that rate."""
        return ExitOnOomStream(_fed(lambda: self._recogniser.open(rate_hz)))


class ExitOnOomStream:
    """One client's sound; see ``RecogniserStream``."""

    def __init__(self, stream: RecogniserStream) -> None:
        self._stream = stream

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Take samples."""
        return _fed(lambda: self._stream.feed(pcm))

    def finish(self) -> list[Utterance]:
        """The sound has ended."""
        return _fed(self._stream.finish)

    def close(self) -> None:
        """Free what the stream holds."""
        self._stream.close()


def _fed(call: Callable[[], T]) -> T:
    """The result of a call, if there is memory for it."""
    try:
        return call()
    except MemoryError:
        os.write(sys.stderr.fileno(), b"out of memory\n")
        os._exit(STARVED)
