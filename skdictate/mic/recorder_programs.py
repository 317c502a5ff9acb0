"""Records through a command-line program where PortAudio is missing; most systems have one."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from typing import Self

from skdictate.errors import ProblemError
from skdictate.mic.captured_block import BLOCK_S, Blocks, CapturedBlock
from skdictate.mic.mic_problems import broken
from skdictate.mic.portaudio import StreamShape

STOP_S = 0.5
RAW = {
    "parec": "--raw --format=s16le --channels=1 --rate={rate} --latency-msec=40 --device={name}",
    "pw-record": "--format=s16 --channels=1 --rate={rate} --target={name} -",
    "arecord": "-q -t raw -f S16_LE -c 1 -r {rate} -D {name}",
}
"""The arguments with which each program prints s16le mono."""


def first(*names: str) -> str:
    """The first of these programs that is installed, or an empty string."""
    return next((name for name in names if shutil.which(name)), "")


class RecorderProgram:
    """Records from a program within its context, one channel at any rate."""

    def __init__(self, program: str, device: str, rate_hz: int, blocks: Blocks) -> None:
        words = RAW[program].split()
        self._command = [program, *(word.format(rate=rate_hz, name=device) for word in words)]
        self.shape = StreamShape(rate_hz, 1)
        self._blocks = blocks
        self._child: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The id of the process that records."""
        return self._child.pid

    def __enter__(self) -> Self:
        """Start the program."""
        self._child = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the program; blocks it printed remain in the queue."""
        self._child.terminate()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def exit_problem(self) -> ProblemError:
        """Why the program ended by itself."""
        assert self._child.stderr is not None
        words = self._child.stderr.read().decode(errors="replace").strip().splitlines()
        return broken(self._command[0], words[-1] if words else "It ended by itself")

    def _read(self) -> None:
        assert self._child.stdout is not None
        n_bytes = 2 * round(self.shape.rate_hz * BLOCK_S)
        rest = b""
        while piece := os.read(self._child.stdout.fileno(), n_bytes):
            data = rest + piece
            whole = len(data) - len(data) % 2
            rest = data[whole:]
            self._blocks.put(CapturedBlock(data[:whole], time.monotonic_ns()))
        self._blocks.put(None)
