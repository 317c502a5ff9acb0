"""Whether an ``ssh`` takes keys away from the app: one that feeds its standard input, and reads the
terminal as well, since it was not told otherwise."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
"""Linux only; elsewhere nobody is found."""
LOOK_S = 2.0
"""After the start: by then ``ssh -n`` has let go of the terminal."""
WORDS = "The ssh that brings the sound reads the keys, too, and some of them are lost. Use: ssh -n"


def has_rival() -> bool:
    """An ``ssh`` of the same pipeline has the terminal as its standard input."""
    try:
        processes = list(PROC.iterdir())
    except OSError:
        return False
    group = os.getpgrp()
    return any(it.name.isdecimal() and _is_rival(it, group) for it in processes)


def _is_rival(process: Path, group: int) -> bool:
    with suppress(OSError, ValueError, IndexError):  # it has ended, or is another user's
        head, _, rest = (process / "stat").read_text().rpartition(")")
        fields = rest.split()  # see proc(5); the first is the third there
        if head.partition("(")[2] == "ssh" and int(fields[2]) == group:
            return (process / "fd" / "0").stat().st_rdev == _device(int(fields[4]))
    return False


def _device(tty_nr: int) -> int:
    """The terminal of a process, from its number in ``/proc``, see proc(5)."""
    return os.makedev(tty_nr >> 8 & 0xFFF, tty_nr & 0xFF | tty_nr >> 12 & 0xFFF00)
