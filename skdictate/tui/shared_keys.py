"""Detects an ``ssh`` in the same pipeline that also reads the terminal and so takes keys.

This happens with ``ssh HOST COMMAND | skdictate`` unless ssh has the option ``-n``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
"""Exists on Linux only; elsewhere nothing is detected."""
LOOK_S = 2.0
"""Delay of the check after the start: by then ``ssh -n`` has closed the terminal."""
WORDS = "Some keys may be lost because the ssh that sends the sound also reads them. Use: ssh -n"


def has_rival() -> bool:
    """Whether an ``ssh`` of this process group has the terminal as its standard input."""
    try:
        processes = list(PROC.iterdir())
    except OSError:
        return False
    group = os.getpgrp()
    return any(it.name.isdecimal() and _is_rival(it, group) for it in processes)


def _is_rival(process: Path, group: int) -> bool:
    with suppress(
        OSError, ValueError, IndexError
    ):  # the process has ended, or belongs to another user
        head, _, rest = (process / "stat").read_text().rpartition(")")
        fields = rest.split()  # see proc(5); the first is the third there
        if head.partition("(")[2] == "ssh" and int(fields[2]) == group:
            return (process / "fd" / "0").stat().st_rdev == _device(int(fields[4]))
    return False


def _device(tty_nr: int) -> int:
    """Convert ``tty_nr`` of /proc/PID/stat to a device number; see proc(5)."""
    return os.makedev(tty_nr >> 8 & 0xFFF, tty_nr & 0xFF | tty_nr >> 12 & 0xFFF00)
