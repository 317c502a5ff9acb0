"""One run of a program that prints the sound it records."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.stdin_source import blocks
from skdictate.sources.wav_header import UnreadableError
from skdictate.system.child_processes import environ
from skdictate.text.clean_text import clean

STOP_S = 0.7
"""Seconds that the program has to print what it captured after a request to end."""
_LINES = 20
_LONGEST_LINE = 400
"""How many lines of its standard error are kept, and how many bytes of each."""


class RecorderProcess:
    """Runs the program within its context, in a session of its own: it cannot use the terminal."""

    def __init__(self, words: Sequence[str], sound: Format) -> None:
        self.name = clean(Path(words[0]).name)
        self._words = list(words)
        self._sound = sound
        self._stderr_lines: deque[str] = deque(maxlen=_LINES)
        self._blocks: asyncio.Queue[tuple[bytes, float] | None] = asyncio.Queue()
        self._why = ""
        self._threads: list[threading.Thread] = []
        self._child: subprocess.Popen[bytes]

    async def __aenter__(self) -> Self:
        """Start the program.

        Raises:
            ProblemError: it cannot be started.
        """
        try:
            self._child = await asyncio.to_thread(
                subprocess.Popen,
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environ(),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ProblemError(_unstartable(self.name, error)) from error
        loop = asyncio.get_running_loop()
        for task in (self._read_sound, self._read_stderr):
            thread = threading.Thread(target=task, args=(loop,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the program if it still runs, and all that it has started."""
        self._signal("SIGKILL")
        await asyncio.to_thread(self._child.wait)

    async def read(self) -> tuple[bytes, float] | None:
        """The next samples and when they came, on the steady clock; None at the end."""
        return await self._blocks.get()

    def end(self) -> None:
        """Ask the program to end, and kill it if it does not.

        ``read`` then returns None at last.
        """
        self._signal("SIGTERM")
        asyncio.get_running_loop().call_later(STOP_S, self.kill)

    def kill(self) -> None:
        """Kill the program."""
        self._signal("SIGKILL")

    async def exit_problem(self) -> Problem:
        """Why the program ended, as far as it said so."""
        code = await asyncio.to_thread(self._child.wait)
        await asyncio.to_thread(self._threads[-1].join, STOP_S)
        how = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        last = next((line for line in reversed(self._stderr_lines) if line), "")
        detail = self._why or (f"It {how}, and said: {last}" if last else f"It {how}")
        return Problem(Kind.MICROPHONE, f"{self.name} has ended", detail, "Starting it again.")

    def _signal(self, name: str) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._child.pid, getattr(signal, name))
            else:
                self._child.kill()

    def _read_sound(self, loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: queue the program's sound until it ends."""
        assert self._child.stdout is not None
        with self._child.stdout as pipe, suppress(RuntimeError):  # nobody reads any more
            try:
                for block in blocks(cast("BufferedReader", pipe), self._sound):
                    heard = (block, time.monotonic())
                    loop.call_soon_threadsafe(self._blocks.put_nowait, heard)
            except (OSError, EOFError, UnreadableError) as error:
                self._why = f"What it prints is no sound: {clean(str(error))}"
                self._signal("SIGKILL")
            loop.call_soon_threadsafe(self._blocks.put_nowait, None)

    def _read_stderr(self, _loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: keep the last lines of its standard error."""
        assert self._child.stderr is not None
        with self._child.stderr as pipe:
            while line := pipe.readline(_LONGEST_LINE):
                self._stderr_lines.append(clean(line.decode(errors="replace")))


def _unstartable(name: str, error: OSError | ValueError) -> Problem:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(
        Kind.USAGE,
        f"{name} cannot be started",
        clean(f"{why}"),
        "Give a program and its arguments, as in: --source-command 'arecord -q -t raw "
        "-f S16_LE -r 16000 -c 1'",
        is_permanent=True,
    )
