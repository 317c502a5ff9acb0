"""A terminal that nobody reads: ``python -m tests.bench.stalled [SECONDS]``.

The app dictates a long recording several times faster than it was spoken; its terminal stands still
for a minute, and is looked at again. Then everything that was said must be there, and at once.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from skdictate.library.library import Library
from skdictate.sources.file_source import demo_paths
from skdictate.system.paths import Paths
from tests.support.terminal import Terminal

SPEED = 2


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def shown_s(screen: str) -> int:
    """The time in the corner."""
    minutes, seconds = screen.split("\n", 1)[0].split()[-1].split(":")[-2:]
    return 60 * int(minutes) + int(seconds)


def main() -> None:
    stalled_s = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        speech = Path(folder) / "long.wav"
        given, rate_hz = soundfile.read(demo_paths()[0], dtype="int16")
        n_times = int((stalled_s + 30) * SPEED * rate_hz / len(given)) + 1
        soundfile.write(speech, np.tile(given, n_times), rate_hz)
        environ = {"SKDICTATE_HOME": folder}
        with Terminal("--source", f"file:{speech}", "--speed", str(SPEED), environ=environ) as it:
            it.wait("0:00  It was the best of times")
            before_mb = resident_mb(it.pid)
            it.freeze()
            time.sleep(stalled_s)
            after_mb = resident_mb(it.pid)
            it.thaw()
            began_s = time.monotonic()
            while shown_s(it.text) < stalled_s / 2:
                time.sleep(0.02)
            seen_s = time.monotonic() - began_s
            it.press("q")
            code = it.exit_code()
        library = Library(Paths.of(environ).library)
        kept = library.get(1)
        library.close()
        assert kept is not None
        print(
            f"{stalled_s:.0f} s without a reader: {kept.n_samples / 16_000:.0f} s recorded,"
            f" {len(kept.lines)} lines, {len(kept.gaps)} gaps, {after_mb - before_mb:+.1f} MB;"
            f" up to date {seen_s:.2f} s after that, left with code {code}, state {kept.state}"
        )


if __name__ == "__main__":
    main()
