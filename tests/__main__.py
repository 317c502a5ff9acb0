"""Everything that must hold: ``python -m tests``. Stops at nothing, and says what failed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STEPS = {
    "lint": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "types": ["mypy"],
    "imports": [],
    "core": ["coverage", "run", "-m", "pytest", "-q", "tests/core"],
    "coverage of the core": ["coverage", "report"],
    "all else": ["pytest", "-q", "--ignore=tests/core", "-n", "4", "--dist", "loadfile"],
}
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
"""This one cannot be run as a module."""


def main() -> int:
    failed = []
    for name, module in STEPS.items():
        print(f"--- {name}", flush=True)
        began_s = time.monotonic()
        command = [sys.executable, "-m", *module] if module else [str(LINT_IMPORTS)]
        if subprocess.run(command, cwd=ROOT).returncode != 0:
            failed.append(name)
        print(f"    {time.monotonic() - began_s:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
