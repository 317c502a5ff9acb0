"""Everything that must hold: ``python -m tests``. Stops at nothing, and says what failed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STEPS = {
    "lint": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "types": ["mypy"],
    "imports": [],
    "all but the core": ["pytest", "-q", "--ignore=tests/core", "-n", "3", "--dist", "loadfile"],
    "coverage of the core": ["coverage", "report"],
}
CORE = ["coverage", "run", "-m", "pytest", "-q", "tests/core"]
"""Of one process, and it waits for nothing: it runs beside all the others."""
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
"""This one cannot be run as a module."""


def main() -> int:
    failed = []
    with tempfile.TemporaryFile() as said:
        core = subprocess.Popen(
            [sys.executable, "-m", *CORE], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        )
        for name, module in STEPS.items():
            if name == "coverage of the core":
                print("--- core", flush=True)
                if core.wait() != 0:
                    failed.append("core")
                said.seek(0)
                print(said.read().decode(), flush=True)
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
