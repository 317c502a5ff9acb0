"""Memory is given back when it is free."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FRAGMENTED = """
import sys
from pathlib import Path
from skdictate.server import heap

if sys.argv[1] == "given back":
    assert heap.return_freed_memory()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

begun = resident()
b"x" * int(30e6)  # the library takes it that blocks of this length come often
kept, freed = [], []
for _ in range(200):
    freed.append(b"x" * 1_000_000)
    kept.append(bytes(600))  # lies behind it, where it is not a mapping of its own
freed.clear()
print((resident() - begun) // 1_000_000)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_what_lies_behind_a_long_block_does_not_keep_it() -> None:
    assert _kept_mb("as it is") > 100, "else this is no test"
    assert _kept_mb("given back") < 20


def _kept_mb(how: str) -> int:
    command = [sys.executable, "-c", FRAGMENTED, how]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
