"""How long the capture callback takes: ``python -m tests.bench.callback SECONDS`` prints JSON.

Not a report for people: it runs where PortAudio may run, in a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from skdictate.mic.captured_block import Blocks
from skdictate.mic.portaudio import PortAudioStream, shape


class Timed(PortAudioStream):
    """Times each call, and how far apart the calls were."""

    def __init__(self) -> None:
        self.blocks: Blocks = Blocks()
        super().__init__("pulse", shape("pulse", 16_000, is_mono=True), self.blocks)
        self.callback_s: list[float] = []

    def on_block(self, data: Any, n_frames: int, at: Any, status: Any) -> None:
        begun_s = time.perf_counter()
        super().on_block(data, n_frames, at, status)
        self.callback_s.append(time.perf_counter() - begun_s)


def main() -> None:
    stream = Timed()
    cpu_s = time.process_time()
    with stream:
        time.sleep(float(sys.argv[1]))
    cpu_s = time.process_time() - cpu_s
    overruns = 0
    while (block := stream.blocks.get()) is not None:
        overruns += block.is_overrun
    print(json.dumps({"callback_s": stream.callback_s, "cpu_s": cpu_s, "overruns": overruns}))


if __name__ == "__main__":
    main()
