"""A real terminal for a program under test: a pty, and an emulator that keeps its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pyte

from tests.support.kitty import Kitty

RESTORED = (
    b"\x1b[?1049l",
    b"\x1b[?25h",
    b"\x1b[?1000l",
    b"\x1b[?1003l",
    b"\x1b[?2004l",
    b"\x1b[<u",
)
"""What a terminal must have been sent in the end: screen, cursor, mouse, paste, keyboard."""
KEYBOARD = re.compile(rb"\x1b\[[<>=?][\d;]*u")
"""What is said of the keyboard protocol; the emulator takes it for text."""
LAUNCH = """
import fcntl, os, sys, termios
terminal = int(sys.argv[1])
if sys.argv.pop(2) == "True":
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
if not sys.argv[2]:  # else this is like the shell, which has the terminal open, too
    os.close(terminal)
for fd in sys.argv[2]:
    os.close(int(fd))
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""
"""Makes the terminal the one that ``/dev/tty`` means, and becomes the program."""


class Terminal:
    """``with Terminal("--demo") as t: t.wait("best of times"); t.press("q")``."""

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        stdin: int | None = None,
        keyboard: Kitty | None = None,
        is_controlling: bool = True,
        closed: str = "",
        stdout: int | None = None,
    ) -> None:
        """If it is not controlling, the program gets no SIGHUP when it goes, as with ``su -``."""
        self.output = b""
        """All bytes that the program wrote."""
        self._arguments = arguments
        self._environ = {**os.environ, "TERM": "xterm-256color", "PYTHONFAULTHANDLER": "1"}
        self._environ |= environ or {}
        for name in ("COLUMNS", "LINES"):  # of the terminal that the tests run in
            self._environ.pop(name, None)
        self._stdin = stdin
        self._keyboard = keyboard
        self._is_controlling = is_controlling
        self._closed = closed
        """Standard streams that are closed from the beginning, as "02"."""
        self._stdout = stdout
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._code: int | None = None
        self._is_frozen = False

    def __enter__(self) -> Self:
        self._fd, terminal = pty.openpty()
        self._set_size()
        command = [sys.executable, "-c", LAUNCH, str(terminal), str(self._is_controlling)]
        command.append(self._closed)
        command += ["-m", "skdictate", *self._arguments]
        self._process = subprocess.Popen(
            command,
            stdin=terminal if self._stdin is None else self._stdin,
            stdout=terminal if self._stdout is None else self._stdout,
            stderr=terminal,
            pass_fds=[terminal],
            env=self._environ,
            start_new_session=True,
        )
        self.pid = self._process.pid
        os.close(terminal)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._code is None:
            self.signal(signal.SIGKILL)
            self.exit_code()
        self.hang_up()

    @property
    def text(self) -> str:
        """The screen, row by row."""
        with self._lock:
            columns, rows = range(self._screen.columns), range(self._screen.lines)
            buffer = self._screen.buffer  # its own ``display`` stumbles over half a wide character
            shown = ("".join(buffer[y][x].data for x in columns) for y in rows)
            return "\n".join(row.rstrip() for row in shown)

    def wait(self, *wanted: str, patience_s: float = 30.0) -> str:
        """Wait until the screen shows all of these; the screen."""
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            text = self.text
            if all(words in text for words in wanted):
                return text
            time.sleep(0.02)
        raise AssertionError(f"no {wanted!r} on this screen:\n{self.text}")

    def press(self, *keys: str) -> None:
        """Type, key by key."""
        for key in keys:
            os.write(self._fd, key.encode())
            time.sleep(0.05)

    def clear(self) -> None:
        """Somebody else has written on it."""
        with self._lock:
            self._screen.reset()

    def resize(self, columns: int, rows: int) -> None:
        with self._lock:
            self._screen.resize(rows, columns)
        self._set_size()

    def freeze(self) -> None:
        """The terminal takes no more bytes, as over a link that stands still."""
        self._is_frozen = True

    def thaw(self) -> None:
        """It does again."""
        self._reader.join(1.0)
        self._is_frozen = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """The other end of the line is gone."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def exit_code(self, patience_s: float = 20.0) -> int:
        """Wait for the end."""
        try:
            self._code = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            screen, n_said = self.text, len(self.output)
            self.signal(signal.SIGABRT)  # it says where it stands
            self._code = self._process.wait()
            time.sleep(0.1)
            where = self.output[n_said:].decode(errors="replace")
            raise AssertionError(f"it does not end; its screen:\n{screen}\n{where}") from None
        time.sleep(0.1)  # for the last bytes
        return self._code

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def is_echoing(self) -> bool:
        """The driver shows what is typed, and gives programs whole lines."""
        flags = termios.tcgetattr(self._fd)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def is_restored(self) -> bool:
        """Whether the terminal was given back as it was."""
        return all(sequence in self.output for sequence in RESTORED)

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self._screen.lines, self._screen.columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)

    def _read(self) -> None:
        fd = self._fd
        while not self._is_frozen:
            try:
                data = os.read(fd, 65_536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.output += data
                self._stream.feed(KEYBOARD.sub(b"", data))
            if self._keyboard and (answer := self._keyboard.hear(self.output)):
                os.write(fd, answer)
