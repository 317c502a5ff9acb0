"""An ``ssh`` that has the user's terminal, as without us: we only listen to what is said aside."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from skdictate.children import environ
from skdictate.core.aside import Asides
from skdictate.core.clean import clean
from skdictate.errors import Problem, ProblemError
from skdictate.openssh import call, words

READ_BYTES = 1 << 16
LINES = 40
"""Lines of its own words that are kept."""
LAST_S = 1.0
"""After its end, the last bytes are waited for this long."""
KEPT = "What was recorded there is kept there; log in again."
NO_TERMINAL = "PTY allocation request failed"
BROKEN_MASTERS = ("OpenSSH_10.1",)
"""With these, a connection that may have more than one session makes each key wait."""
VERSION_S = 5.0


class Login:
    """One run of ``ssh``, whose standard output goes through us to the terminal."""

    def __init__(
        self, command: Sequence[str], mute: str, on_aside: Callable[[dict[str, Any]], None]
    ) -> None:
        """One login.

        Args:
            command: the words that make it.
            mute: what ``ssh`` says of this is not shown.
            on_aside: is told what the program over there says aside, on the event loop.
        """
        self.is_drawn = False
        """The program over there has begun."""
        self._command = command
        self._mute = mute.encode()
        self._on_aside = on_aside
        self._asides = Asides()
        self._said: deque[str] = deque(maxlen=LINES)
        self._held: list[bytes] = []
        """What ``ssh`` says while the screen belongs to the other program."""
        self._process: subprocess.Popen[bytes]

    async def run(self) -> int:
        """Stay logged in until the end; the exit code.

        Raises:
            ProblemError: there is no ``ssh``.
        """
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGQUIT"):
            if hasattr(signal, name):  # they are for ssh; if we ignored them, it would, too
                signal.signal(getattr(signal, name), lambda _number, _frame: None)
        try:
            self._process = await asyncio.to_thread(self._start)
        except OSError as error:
            raise ProblemError(words.no_ssh()) from error
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                with suppress(NotImplementedError):  # a loop on Windows knows no signals
                    loop.add_signal_handler(getattr(signal, name), self._process.terminate)
        threads = [
            threading.Thread(target=task, args=(loop,), daemon=True)
            for task in (self._copy, self._listen)
        ]
        for thread in threads:
            thread.start()
        threading.Thread(target=_stop_with, args=(self._process.pid,), daemon=True).start()
        code = await asyncio.to_thread(self._process.wait)
        for thread in threads:
            await asyncio.to_thread(thread.join, LAST_S)
        for line in self._held:
            _put(2, line)
        return code

    def problem(self, host: str, code: int) -> Problem | None:
        """What went wrong, and what would go right; None if that was told over there already."""
        if any(NO_TERMINAL in line for line in self._said):
            return words.no_terminal(host)
        if code == words.FAILED:
            problem = words.problem(host, code, self._said)
            is_over = problem.hint == words.AGAIN
            return replace(problem, hint=KEPT) if is_over else problem
        if self.is_drawn:
            return None
        return words.not_there(host) if code == words.NOT_FOUND else words.other(host, code)

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdout=pipe, stderr=pipe, env=environ())

    def _copy(self, loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: the picture to the terminal, and what is said aside to us."""
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            while data := os.read(stdout.fileno(), READ_BYTES):
                shown = self._asides.feed(data)
                while self._asides.heard:
                    self.is_drawn = True
                    loop.call_soon_threadsafe(self._on_aside, self._asides.heard.pop(0))
                _put(1, shown)
        _put(1, self._asides.flush())

    def _listen(self, _loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: what ``ssh`` says, which would spoil a picture."""
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            while line := stderr.readline(READ_BYTES):
                self._said.append(clean(line.decode(errors="replace")))
                if self._mute in line:
                    continue
                if self.is_drawn:
                    self._held.append(line)
                else:
                    _put(2, line)


def may_share() -> bool:
    """Whether a connection may have more than one session, at no cost."""
    if sys.platform == "win32":
        return False
    try:
        asked = [call.PROGRAM, "-V"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=VERSION_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return not told.stderr.startswith(BROKEN_MASTERS)


def _stop_with(pid: int) -> None:
    """On a thread: when ``ssh`` is stopped (``~^Z``), we are too, or no shell would notice."""
    if not hasattr(os, "waitid"):
        return
    with suppress(OSError):
        while True:
            told = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if told is None or told.si_code != os.CLD_STOPPED:
                return
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
            os.kill(os.getpid(), signal.SIGSTOP)
            os.kill(pid, signal.SIGCONT)


def _put(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(fd, rest) :]
