"""Runs ``ssh`` in the user's terminal, and takes the app's hidden messages out of its output."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.mic_protocol.osc_channel import OscChannel
from skdictate.remote_mic.ssh import ssh_command_line, ssh_problems
from skdictate.remote_mic.ssh.local_terminal import LocalTerminal, stop_this_process
from skdictate.system.child_processes import environ
from skdictate.system.signals import signals
from skdictate.text.clean_text import clean

READ_BYTES = 1 << 16
LINES = 40
"""How many lines of standard error are kept."""
LAST_S = 1.0
"""Seconds to wait for the last output after ``ssh`` has ended."""
ENDING = ("SIGTERM", "SIGHUP")
"""Signals that end the login; those of the keyboard are left to ``ssh``."""
KEPT = "What was recorded there is kept there; log in again: {again}"
AGAIN = "Log in again: {again}"
NO_TERMINAL = "PTY allocation request failed"
BROKEN_MASTERS = ("OpenSSH_10.1",)
"""Versions that delay every keystroke on a connection that may have more than one session."""
VERSION_S = 5.0


class SshLogin:
    """One run of ``ssh``, whose standard output is copied to the terminal."""

    def __init__(
        self, command: Sequence[str], mute: str, on_aside: Callable[[dict[str, Any]], None]
    ) -> None:
        """Prepare a login.

        Args:
            command: the ``ssh`` command.
            mute: lines of ``ssh`` that contain this are not shown.
            on_aside: called on the event loop with each message of the remote program.
        """
        self.is_drawn = False
        """Whether the remote program has started."""
        self.is_broken_off = False
        """Whether the remote program ended without restoring the terminal."""
        self.signalled = Exit.DONE
        """The exit code of the signal that ended the login, or of a lost terminal."""
        self._terminal = LocalTerminal()
        self._command = command
        self._mute = mute.encode()
        self._on_aside = on_aside
        self._asides = OscChannel()
        self._said: deque[str] = deque(maxlen=LINES)
        self._held: list[bytes] = []
        """What ``ssh`` printed on standard error while the remote program drew on the screen."""
        self._process: subprocess.Popen[bytes]

    async def run(self) -> int:
        """Stay logged in until the end; returns the exit code.

        Raises:
            ProblemError: there is no ``ssh``.
        """
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGQUIT"):
            # they are for ssh, which would inherit it if they were ignored here
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda _number, _frame: None)
        try:
            self._process = await asyncio.to_thread(self._start)
        except OSError as error:
            raise ProblemError(ssh_problems.no_ssh()) from error
        threads = [
            threading.Thread(target=task, args=(loop,), daemon=True)
            for task in (self._copy, self._listen)
        ]
        for thread in threads:
            thread.start()
        threading.Thread(target=self._stop_with, daemon=True).start()
        try:
            with signals(self._end, ENDING), self._job_control(loop):
                code = await asyncio.to_thread(self._process.wait)
            for thread in threads:
                await asyncio.to_thread(thread.join, LAST_S)
            is_signal = code > ssh_problems.SIGNALS and code not in set(Exit)
            self.is_broken_off = self._terminal.modes.is_alternate or is_signal
        finally:
            self._terminal.close()
        if self._held or self.is_broken_off or code:
            self._terminal.end_line()
        for line in self._held:
            _put(2, line)
        return code

    def problem(self, host: str, code: int, again: str) -> Problem | None:
        """The problem to report; None if there was none, or the remote program has reported it.

        Args:
            host: the name of the host for the user.
            code: the exit code of ``ssh``.
            again: the command that logs in again.
        """
        if any(NO_TERMINAL in line for line in self._said):
            return ssh_problems.no_terminal(host)
        if code == ssh_problems.FAILED or code < 0:
            problem = ssh_problems.problem(host, code, self._said)
            is_over = problem.hint == ssh_problems.AGAIN
            hint = (KEPT if self.is_drawn else AGAIN).format(again=again)
            return replace(problem, hint=hint) if is_over else problem
        if self.is_broken_off:
            title = f"skdictate on {host} ended unexpectedly"
            return Problem(
                Kind.NETWORK, title, ssh_problems.ending("It", code), KEPT.format(again=again)
            )
        if self.is_drawn:
            return None
        return (
            ssh_problems.not_there(host)
            if code == ssh_problems.NOT_FOUND
            else ssh_problems.other(host, code)
        )

    def _end(self, code: Exit) -> None:
        """A signal has arrived, or the terminal is gone."""
        self.signalled = self.signalled or code
        self._process.terminate()

    @contextmanager
    def _job_control(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Restore the terminal before this process stops, and take it again afterwards."""
        if sys.platform == "win32":
            yield
            return
        handlers = {signal.SIGCONT: self._continue}
        if hasattr(os, "waitid"):  # see ``_stop_with``
            handlers[signal.SIGTSTP] = self._stop
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        """Stop ``ssh``, which stops this process too.

        Before the program starts, ``ssh`` does it itself.
        """
        if self.is_drawn:
            self._process.send_signal(signal.SIGSTOP)

    def _continue(self) -> None:
        if self.is_drawn:
            self._terminal.resume()
            threading.Thread(target=self._terminal.repaint, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdout=pipe, stderr=pipe, env=environ())

    def _copy(self, loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: copy output to the terminal, and take messages out of it."""
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            while data := os.read(stdout.fileno(), READ_BYTES):
                shown = self._asides.feed(data)
                while self._asides.messages:
                    if not self.is_drawn:
                        self._terminal.drawn()
                    self.is_drawn = True
                    loop.call_soon_threadsafe(self._on_aside, self._asides.messages.pop(0))
                self._terminal.write(shown)
        self._terminal.write(self._asides.flush())

    def _listen(self, _loop: asyncio.AbstractEventLoop) -> None:
        """On a thread: keep what ``ssh`` prints, which would spoil the screen."""
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

    def _stop_with(self) -> None:
        """On a thread.

        When ``ssh`` is stopped (``~^Z``), stop this process too, for the shell to notice.
        """
        if sys.platform == "win32" or not hasattr(os, "waitid"):  # on macOS only Python 3.13 has it
            return
        pid = self._process.pid
        with suppress(OSError):
            while True:
                told = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                if told is None or told.si_code != os.CLD_STOPPED:
                    return
                os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
                self._terminal.suspend(stop_this_process)
                os.kill(pid, signal.SIGCONT)
                self._terminal.repaint()


def may_share() -> bool:
    """Whether a connection may have more than one session at no cost."""
    if sys.platform == "win32":
        return False
    try:
        asked = [ssh_command_line.PROGRAM, "-V"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=VERSION_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return not told.stderr.startswith(BROKEN_MASTERS)


def _put(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(fd, rest) :]
