"""The processes that a program under test has started."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def children(pid: int | str = "self") -> list[int]:
    """Those of a process, whichever of its threads started them; none if it has ended."""
    found: list[int] = []
    for task in Path("/proc").glob(f"{pid}/task/*"):
        with suppress(OSError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found


def command(pid: int) -> str:
    """What a process was started with."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
