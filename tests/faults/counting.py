"""Somebody who counts into the standard input of a program, and a recogniser that hears numbers.

All of it is real but the voice: the program is another process, the recogniser a server on a
socket. How much the program has taken is known to the byte, also when it is gone.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import tempfile
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from skdictate.audio.pcm import Format
from skdictate.server.child_request import ChildRequest
from skdictate.server.serve import serve
from tests.support.number_recogniser import LENGTH_S, EchoRecogniser, count

SOUND = Format(16_000)
GAP_S, PAUSE_S, RUN = 0.05, 0.4, 2
"""Between two numbers, and after every second one: a line about every second."""
BLOCK_S = 0.02
LAST = 400
_PIPE_BYTES = 1 << 16


def speech() -> bytes:
    """All that could be said: more than any run takes."""
    return count(1, LAST, SOUND, gap_s=GAP_S, pause_s=PAUSE_S, run=RUN)


SPEECH = speech()


def said_by(n_samples: int) -> int:
    """The last number of which every sample lies before a position."""
    position, number = 0, 0
    while True:
        end = position + SOUND.samples(LENGTH_S)
        if end > n_samples:
            return number
        number += 1
        pause_s = PAUSE_S if number % RUN == 0 else GAP_S
        position = end + SOUND.samples(pause_s)


def come_first(pid: int) -> None:
    """Let other programs wait for this one, where that is allowed: it is what is measured."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError, AttributeError):
            os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(1))


class Ear:
    """``with Ear() as ear``: a server that hears numbers, at ``ear.endpoint``."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="ear-")
        Path(self._folder.name).chmod(0o700)
        self.endpoint = f"unix:{self._folder.name}/s"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(20)
        self._folder.cleanup()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        order = ChildRequest(address=self.endpoint)
        await serve(order, EchoRecogniser(), lambda _: self._ready.set(), self._stopped)


class Voice:
    """``with Voice() as voice``: counts in real time, once told to; ``voice.fd`` is for a child."""

    def __init__(self) -> None:
        self.fd, self._mouth = os.pipe()
        fcntl.fcntl(self._mouth, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._mouth, False)
        self.spoken: list[tuple[float, int]] = []
        """When, and how many samples by then."""
        self._is_quiet = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hush()
        os.close(self.fd)

    def hush(self) -> None:
        """Say no more; the sound ends."""
        if not self._is_quiet.is_set():
            self._is_quiet.set()
            self._thread.join()
            os.close(self._mouth)

    @property
    def n_spoken(self) -> int:
        """Samples so far."""
        return self.spoken[-1][1] if self.spoken else 0

    def n_spoken_at(self, moment_s: float) -> int:
        """Samples by a moment of the steady clock."""
        return max((n for at_s, n in self.spoken if at_s <= moment_s), default=0)

    @property
    def n_taken(self) -> int:
        """Samples that the child has read."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self.fd, termios.FIONREAD, waiting)
        return self.n_spoken - waiting[0] // 2

    def _speak(self) -> None:
        """Each block when it has been spoken; nothing, while the child has not begun to listen."""
        n = SOUND.samples(BLOCK_S)
        position = 0
        due_s = time.monotonic()
        while not self._is_quiet.is_set() and position + n < len(SPEECH) // 2:
            due_s += BLOCK_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            os.write(self._mouth, SPEECH[2 * position : 2 * (position + n)])
            position += n
            self.spoken.append((time.monotonic(), position))
            while position == n and not self.n_taken and not self._is_quiet.is_set():
                time.sleep(0.001)
                due_s = time.monotonic()
