"""Checks what the terminal supports."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState

SMALLEST = (40, 10)
"""Smallest supported size in columns and rows."""
ANSWER_S = 1.0
"""Time limit of the terminal's answer; allows for a slow connection."""
QUERY = b"\x1b[?u\x1b[c"
"""Queries the keyboard protocol, then the device attributes. Every terminal answers the latter,
which shows whether the former will be answered."""
_KITTY = re.compile(rb"\x1b\[\?\d*u")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
CLIPBOARD = "52"
"""Device attribute of terminals whose clipboard programs may set by OSC 52."""


async def terminal(case: CheckContext) -> CheckResult:
    """Check size, encoding and features of the terminal."""
    if not case.is_on_terminal:
        return CheckResult(
            "terminal", CheckState.SKIPPED, "Not checked: the output is not a terminal"
        )
    size = os.get_terminal_size(sys.stdout.fileno())
    return described(case.environ, (size.columns, size.lines), sys.stdout.encoding, ask())


def described(
    environ: Mapping[str, str], size: tuple[int, int], encoding: str, answer: bytes
) -> CheckResult:
    """The result for a terminal.

    Args:
        environ: the environment.
        size: columns and rows.
        encoding: encoding of standard output.
        answer: the terminal's answer to ``QUERY``; empty if there was none.
    """
    name = environ.get("TERM", "")
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    facts = [
        f"{size[0]}x{size[1]}",
        _colours(environ, name),
        "UTF-8" if is_utf8 else encoding,
        f"{name or 'no TERM'}{_multiplexer(environ)}",
        _keyboard(answer),
        _clipboard(environ, answer),
    ]
    hint = ""
    if name in ("", "dumb") and os.name == "posix":
        hint = "It cannot show the app. Use: skdictate listen"
    elif not is_utf8:
        hint = "Characters outside its encoding are shown as “?”. Set LC_ALL=C.UTF-8."
    elif size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        hint = f"Enlarge it to at least {SMALLEST[0]}x{SMALLEST[1]}."
    state = CheckState.WARNING if hint else CheckState.OK
    return CheckResult("terminal", state, ", ".join(facts), hint)


def ask() -> bytes:
    """The terminal's answer to ``QUERY``; empty if there is none or it cannot be asked."""
    try:
        with _listening() as fd:
            os.write(fd, QUERY)
            return _read(fd)
    except (ImportError, OSError):  # no terminal, or another program uses it
        return b""


@contextmanager
def _listening() -> Iterator[int]:
    """Open the terminal without echo; unread answers are discarded at the end.

    Raises:
        OSError: there is no terminal, or this process is in the background.
    """
    import termios
    import tty

    fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if os.tcgetpgrp(fd) != os.getpgrp():
            raise BlockingIOError("in the background")
        before = termios.tcgetattr(fd)
        tty.setcbreak(fd, termios.TCSANOW)  # Ctrl-C still works
        try:
            yield fd
        finally:
            termios.tcflush(fd, termios.TCIFLUSH)
            termios.tcsetattr(fd, termios.TCSANOW, before)
    finally:
        os.close(fd)


def _read(fd: int) -> bytes:
    """Read until the last answer, or for ``ANSWER_S``."""
    answer = b""
    deadline_s = time.monotonic() + ANSWER_S
    while not _ATTRIBUTES.search(answer):
        rest_s = deadline_s - time.monotonic()
        if rest_s <= 0 or not select.select([fd], [], [], rest_s)[0]:
            break
        answer += os.read(fd, 1024)
    return answer


def _colours(environ: Mapping[str, str], name: str) -> str:
    if environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or name.endswith("-direct"):
        return "16 million colours"
    if "256color" in name:
        return "256 colours"
    return "no colours" if name in ("", "dumb", "vt100", "vt220") else "16 colours"


def _multiplexer(environ: Mapping[str, str]) -> str:
    if environ.get("TMUX"):
        return " in tmux"
    return " in screen" if environ.get("STY") else ""


def _keyboard(answer: bytes) -> str:
    if not _ATTRIBUTES.search(answer):
        return "keyboard protocol unknown"
    return "kitty keyboard protocol" if _KITTY.search(answer) else "plain keyboard protocol"


def _clipboard(environ: Mapping[str, str], answer: bytes) -> str:
    """Whether a program can set the clipboard; most terminals do not say."""
    attributes = _ATTRIBUTES.search(answer)
    if attributes and CLIPBOARD in attributes[1].decode().split(";"):
        return "clipboard can be set"
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return "clipboard cannot be set"
    return "clipboard unknown"
