"""What capturing costs: ``python -m tests.bench.microphone``.

Against a real sound server that plays speech in real time. Ratios are to the length of a block,
which is how long each part of it may take at most.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time

from skdictate.audio.pcm import Format, measure
from skdictate.mic.captured_block import BLOCK_S
from skdictate.sources.file_source import demo_paths
from skdictate.sources.microphone_source import MicSource
from tests.support.sound_server import SoundServer

SOUND = Format(16_000)
CAPTURE_S = 20.0
N_STARTS = 20


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def callbacks() -> None:
    """The callback against its period."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.callback", str(CAPTURE_S)],
        capture_output=True,
        check=True,
    )
    times_s = json.loads(done.stdout)["callback_s"]
    p50, p99, worst = (percentile(times_s, share) for share in (0.5, 0.99, 1.0))
    print(
        f"callback of {1000 * BLOCK_S:.0f} ms: p50 {1e6 * p50:.0f} us, p99 {1e6 * p99:.0f} us,"
        f" worst {1e6 * worst:.0f} us; p99 is {100 * p99 / BLOCK_S:.2f} % of its period"
    )


async def starts() -> None:
    """From the wish to record to the first sound of it."""
    waits_s = []
    for _ in range(N_STARTS):
        begun_s = time.monotonic()
        source = MicSource("", SOUND)
        async with source:
            async for item in source:
                if isinstance(item, bytes):
                    waits_s.append(time.monotonic() - begun_s - BLOCK_S)
                    break
    print(
        f"start to first frame, {N_STARTS} times: "
        f"median {1000 * statistics.median(waits_s):.0f} ms,"
        f" worst {1000 * max(waits_s):.0f} ms"
    )


async def capture() -> None:
    """The processor time of capture, in both processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own_s = time.process_time()
    source = MicSource("", SOUND)
    n_bytes = 0
    loop = asyncio.get_running_loop()
    loop.call_later(CAPTURE_S, source.stop)
    async with source:
        async for item in source:
            n_bytes += len(item) if isinstance(item, bytes) else 0
    own_s = time.process_time() - own_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    child_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    heard_s = SOUND.seconds(n_bytes // 2)
    print(
        f"capture of {heard_s:.0f} s: {100 * child_s / heard_s:.1f} % of a core in its process"
        f" (with its start), {100 * own_s / heard_s:.1f} % in ours; {source.overruns} overruns"
    )


def meter() -> None:
    """Measuring a block against its length."""
    block = os.urandom(SOUND.size_bytes(SOUND.samples(BLOCK_S)))
    n_runs = 5000
    begun_s = time.perf_counter()
    for _ in range(n_runs):
        measure(block)
    took_s = (time.perf_counter() - begun_s) / n_runs
    print(f"level of a block: {1e6 * took_s:.0f} us, {100 * took_s / BLOCK_S:.2f} % of its length")


def main() -> None:
    with SoundServer() as server:
        os.environ["PULSE_SERVER"] = server.address
        server.play(demo_paths()[0])
        callbacks()
        asyncio.run(starts())
        server.play(demo_paths()[0])
        asyncio.run(capture())
    meter()


if __name__ == "__main__":
    main()
