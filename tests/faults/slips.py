"""Dictations heard by recognisers whose times are off, and by broken ones: no word may be lost.

Through the core alone: what a recogniser says is made up there, thousands of dictations in minutes.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.core import slipping
from tests.core.slipping import MOST_TIMES
from tests.core.world import World
from tests.faults.report import Options, Row


@dataclass(frozen=True)
class Slipped:
    """What became of one dictation."""

    seed: int
    about: str
    n_words: int = 0
    n_sessions: int = 0
    n_lost: int = 0
    n_doubled: int = 0
    n_cut: int = 0
    most_times: int = 1
    wrong: str = ""


def run(options: Options) -> list[Row]:
    """As many of each kind as there are to be schedules."""
    seeds = range(options.seed, options.seed + options.schedules)
    with ProcessPoolExecutor(options.jobs) as pool:
        off = list(pool.map(_off, seeds, chunksize=8))
        broken = list(pool.map(_broken, seeds, chunksize=8))
    for one in off:
        if one.wrong or one.n_lost or one.n_doubled or one.n_cut:
            print(one, flush=True)
    for one in broken:
        if one.wrong or one.n_lost or one.most_times > MOST_TIMES:
            print(one, flush=True)
    n_off, n_broken = (sum(one.n_words for one in some) for some in (off, broken))
    most_times = max((one.most_times for one in broken), default=0)
    return [
        Row("dictations with times up to 0.3 s off", f"{len(off)}", not _wrong(off)),
        Row("planned sessions, words", f"{sum(one.n_sessions for one in off)}, {n_off}"),
        _row("lost, doubled, cut", off, lambda it: it.n_lost + it.n_doubled + it.n_cut),
        Row(
            "dictations with a broken recogniser, and breaks", f"{len(broken)}", not _wrong(broken)
        ),
        Row("words", f"{n_broken}"),
        _row("lost without a gap", broken, lambda it: it.n_lost),
        Row("the same word given, at most", f"{most_times} times", most_times <= MOST_TIMES),
    ]


def _row(name: str, some: list[Slipped], count: Callable[[Slipped], int]) -> Row:
    n_bad = sum(map(count, some))
    return Row(name, f"{n_bad}", not n_bad)


def _wrong(some: list[Slipped]) -> bool:
    return any(one.wrong for one in some)


def _off(seed: int) -> Slipped:
    return _guarded(slipping.off, seed)


def _broken(seed: int) -> Slipped:
    return _guarded(slipping.broken, seed)


def _guarded(play: Callable[[int], World], seed: int) -> Slipped:
    """One dictation in a process of the pool: what broke it is told, too."""
    try:
        return judged(play(seed), seed)
    except BaseException as error:  # noqa: BLE001 - the edge of a process
        return Slipped(seed, "", wrong="".join(traceback.format_exception(error)[-3:]))


def judged(world: World, seed: int) -> Slipped:
    """What became of it."""
    words = world.committed()
    return Slipped(
        seed,
        f"{world.manners.slip}, words {world.manners.has_words}",
        len(world.spoken),
        world.opened_total,
        len(slipping.lost(world)),
        len(slipping.doubled(world)),
        sum(word.startswith("~") for word in words),
        max(map(words.count, set(words)), default=0),
    )
