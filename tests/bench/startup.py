"""How long it takes to start: ``python -m tests.bench.startup [RUNS]``.

Help against an interpreter that does nothing, and the app from its command to its first picture,
in a real terminal. Medians; times of one machine in one run, so the ratio is what counts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.terminal import Terminal

SCRIPT = Path(sys.executable).with_name("skdictate")


def timed_s(run: Callable[[], None]) -> float:
    began_s = time.perf_counter()
    run()
    return time.perf_counter() - began_s


def command(*arguments: str) -> None:
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)


def first_picture(wanted: str) -> float:
    """From the start of the process to a screen that shows something."""
    began_s = time.perf_counter()
    with Terminal("--source", "mic") as it:
        it.wait(wanted)
        return time.perf_counter() - began_s


def main() -> None:
    n_runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    nothing, helped, painted, ready = [], [], [], []
    for _ in range(n_runs):
        nothing.append(timed_s(lambda: command(sys.executable, "-c", "pass")))
        helped.append(timed_s(lambda: command(str(SCRIPT), "--help")))
        painted.append(first_picture("Audio"))
        ready.append(first_picture("Press space and speak."))
    base_s = statistics.median(nothing)
    for name, times in (
        ("python -c pass", nothing),
        ("skdictate --help", helped),
        ("first picture", painted),
        ("ready to record", ready),
    ):
        median_s = statistics.median(times)
        print(f"{name:<18} {1000 * median_s:6.0f} ms  {median_s / base_s:5.1f} times the first")


if __name__ == "__main__":
    main()
