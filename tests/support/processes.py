"""The processes that a program under test has started."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children(pid: int | str = "self") -> list[int]:
    """Those of a process, whichever of its threads started them; none if it has ended."""
    found: list[int] = []
    with suppress(OSError):  # it has just ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # a thread that has just ended
                found += map(int, (task / "children").read_text().split())
    return found


def command(pid: int) -> str:
    """What a process was started with; nothing if it has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended after it was listed, or while it was read
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")
