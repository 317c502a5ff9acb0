"""Dictations under random mishaps: no number may be lost or doubled, whatever happens."""

from __future__ import annotations

import asyncio
import random
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from skdictate.audio.pcm import Format
from tests.faults import fast_clock, mishaps, recovery
from tests.faults.fake_recogniser import Manners
from tests.faults.numbers import STYLES
from tests.faults.recovery import Recovery
from tests.faults.report import Options, Row
from tests.faults.rig import Rig
from tests.faults.scripted_server import Server
from tests.faults.verdict import OFF_S, Verdict, judge

RAM = Path("/dev/shm")
"""Where recordings that nobody wants are best put, if there is such a place."""
LONGEST_S = 3600.0
"""A dictation of less than a minute that is not over by then never will be."""


@dataclass
class Played:
    """What became of one schedule."""

    seed: int
    about: str
    verdict: Verdict
    recoveries: list[Recovery] = field(default_factory=list)
    """How soon the words came again, each time."""
    n_over: int = 0
    n_sessions: int = 0

    @property
    def is_well(self) -> bool:
        """All promises were kept."""
        return self.verdict.is_well and not self.n_over

    def __str__(self) -> str:
        v = self.verdict
        return (
            f"seed {self.seed}: lost {v.lost}, doubled {v.doubled}, cut {v.cut}, out of order"
            f" {v.disordered}, {len(v.in_gaps)} in gaps, times off by {v.off_s:.3f} s,"
            f" {self.n_over} sessions over the limit; {self.about}"
        )


def run(options: Options) -> list[Row]:
    """Many schedules, and what became of all their words."""
    seeds = range(options.seed, options.seed + options.schedules)
    played: list[Played] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for one in pool.map(_guarded, seeds, chunksize=4):
            if isinstance(one, str) or not one.is_well or one.verdict.in_gaps:
                print(one, flush=True)
            if isinstance(one, Played):
                played.append(one)
    return rows(played, n_broken=len(seeds) - len(played))


def rows(played: list[Played], *, n_broken: int = 0) -> list[Row]:
    """What became of all of them."""
    verdicts = [one.verdict for one in played]
    n_lost = sum(len(v.lost) for v in verdicts)
    n_doubled = sum(len(v.doubled) for v in verdicts)
    n_bad = sum(len(v.cut) + len(v.disordered) for v in verdicts)
    n_gaps = sum(v.n_gaps for v in verdicts)
    n_in_gaps = sum(len(v.in_gaps) for v in verdicts)
    n_over = sum(one.n_over for one in played)
    n_sessions = sum(one.n_sessions for one in played)
    off_s = max((v.off_s for v in verdicts), default=0.0)
    return [
        Row("random schedules of faults", f"{len(played)}", not n_broken),
        Row("words spoken in them", f"{sum(v.n_words for v in verdicts)}"),
        Row("words lost", f"{n_lost}", not n_lost),
        Row("words doubled", f"{n_doubled}", not n_doubled),
        Row("words cut or out of order", f"{n_bad}", not n_bad),
        Row("gaps, and words in them", f"{n_gaps}, {n_in_gaps}"),
        Row("times off by, at most", f"{1000 * off_s:.0f} ms", off_s <= OFF_S),
        Row("sessions over a limit", f"{n_over} of {n_sessions}", not n_over),
        *recovery.rows([it for one in played for it in one.recoveries]),
    ]


def _guarded(seed: int) -> Played | str:
    """A schedule in a process of the pool: what broke the rig is told, too."""
    try:
        return play(seed)
    except BaseException as error:  # noqa: BLE001 - the edge of a process
        return f"seed {seed}: {''.join(traceback.format_exception(error))}"


def play(seed: int) -> Played:
    """One schedule, in its own time and place."""
    place = RAM if RAM.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, prefix="faults-") as folder:
        return fast_clock.run(_play(seed, Path(folder)))


async def _play(seed: int, folder: Path) -> Played:
    rng = random.Random(seed)
    sound = Format(rng.choice((8_000, 8_000, 16_000, 48_000)))
    style = rng.choice(("talk", "talk", "monologue"))
    api = rng.choice(("v3", "v3", "v3", "v2"))
    script = STYLES[style](sound, rng.uniform(15, 45), rng)
    length_s = sound.seconds(script.n_samples)
    # Before v2 has told where words are, only a pause can be cut: a session has to be longer.
    session_s = rng.choice((300.0, 20.0 if api == "v3" else 60.0))
    manners = Manners.of(rng)
    server = Server(seed, manners, session_s=session_s)
    happening = mishaps.drawn(rng, length_s, rng.randint(1, 5))
    async with asyncio.timeout(LONGEST_S), Rig(folder, script, server, api=api) as rig:
        begun_s = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for mishap in happening:
                group.create_task(mishap.happen(rig))
            await rig.run()
        told = ", ".join(f"{m.name} at {m.at_s:.1f} for {m.lasts_s:.1f}" for m in happening)
        return Played(
            seed,
            f"{api} {style} {length_s:.0f} s at {sound.rate_hz} Hz, {session_s:.0f} s a session,"
            f" {manners}; {told}",
            judge(rig.kept, script),
            list(recovery.recoveries(rig, begun_s, happening)) if manners.is_quick else [],
            len(server.violations),
            server.n_sessions,
        )
