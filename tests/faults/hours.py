"""Long dictations through real sockets and the service's real limits: nobody notices a session."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from skdictate.audio.pcm import Format
from tests.faults import fast_clock
from tests.faults.fake_recogniser import Manners
from tests.faults.numbers import STYLES
from tests.faults.report import Options, Row
from tests.faults.rig import Rig
from tests.faults.schedules import RAM
from tests.faults.scripted_server import Server
from tests.faults.verdict import Verdict, judge

SPEED = 100.0
RATES_HZ = (8_000, 16_000, 48_000)
APIS = ("v3", "v2")


@dataclass
class Hour:
    """One long dictation, and what became of it."""

    style: str
    rate_hz: int
    api: str
    length_s: float
    seed: int = 1
    verdict: Verdict | None = None
    n_sessions: int = 0
    n_over: int = 0
    """Sessions that the server had to end, for too much audio or data."""
    n_idle: int = 0
    """Sessions that it had to end, since nothing came."""
    n_problems: int = 0
    billed_s: int = 0
    grown_mb: float = 0.0
    """How much the process has grown since an eighth of the time."""

    @property
    def is_well(self) -> bool:
        """Nothing was lost, doubled or noticed."""
        assert self.verdict is not None
        return self.verdict.is_well and not (self.n_over or self.n_idle or self.verdict.n_gaps)

    def __str__(self) -> str:
        v = self.verdict
        assert v is not None
        return (
            f"{v.n_words} words: {len(v.lost)} lost, {len(v.doubled)} doubled,"
            f" {len(v.cut) + len(v.disordered)} cut or out of order; times off by"
            f" {1000 * v.off_s:.1f} ms; {self.n_sessions} sessions, {self.n_over} over a limit,"
            f" {self.n_idle} idle; grown by {self.grown_mb:.1f} MB"
        )


def run(options: Options) -> list[Row]:
    """Every way to speak at every rate, both versions by turns."""
    kinds = product(STYLES, RATES_HZ)
    hours = [
        Hour(style, rate_hz, APIS[index % 2], 3600 * options.hours, options.seed)
        for index, (style, rate_hz) in enumerate(kinds)
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        done = list(pool.map(dictate, hours))
    rows = []
    for hour in done:
        name = f"{options.hours:g} h of {hour.style}, {hour.rate_hz // 1000} kHz, {hour.api}"
        rows.append(Row(name, str(hour), hour.is_well))
    return rows


def dictate(hour: Hour, *, speed: float = SPEED) -> Hour:
    """Dictate it, in its own time and place."""
    place = RAM if RAM.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, prefix="faults-") as folder:
        return fast_clock.run(_dictate(hour, Path(folder)), speed=speed)


async def _dictate(hour: Hour, folder: Path) -> Hour:
    script = STYLES[hour.style](Format(hour.rate_hz), hour.length_s, random.Random(hour.seed))
    server = Server(hour.seed, Manners(delay_s=0.3))
    async with Rig(folder, script, server, api=hour.api) as rig:
        # No link breaks here, so that it is known when the machine is slow, and not the server.
        fast_clock.clock().is_under_way = rig.is_under_way
        running = asyncio.ensure_future(rig.run())
        await asyncio.wait([running], timeout=hour.length_s / 8)
        begun_mb = resident_mb()
        outcome = await running
        hour.grown_mb = resident_mb() - begun_mb
        hour.verdict = judge(rig.kept, script)
        hour.n_problems = len(rig.problems())
    hour.n_sessions, hour.n_idle = server.n_sessions, server.n_idle
    hour.n_over = len(server.violations)
    hour.billed_s = outcome.billed_s
    return hour


def resident_mb() -> float:
    """What this process takes of the machine's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
