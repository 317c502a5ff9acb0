"""Random dictations that are heard by recognisers whose times are off, or by broken ones."""

from __future__ import annotations

import random

from skdictate.core.limits import Limits
from tests.core.slips import BROKEN, Slip
from tests.core.world import Manners, World

MOST_TIMES = 4
"""That a broken recogniser may have a word given: once for each time that it is heard again."""
OFF_MS = 300
"""The most that times of a recogniser that works are off."""


def drawn(rng: random.Random) -> Slip:
    """A slip of a recogniser that works: no time of it is further off than that."""
    jitter_ms = rng.choice((0, rng.randint(0, OFF_MS), OFF_MS))
    bias_ms = rng.choice((-1, 1)) * rng.choice((0, 100, OFF_MS - jitter_ms))
    bias_ms = max(-(OFF_MS - jitter_ms), min(bias_ms, OFF_MS - jitter_ms))
    wide_ms = rng.choice((0, 100, OFF_MS)) if not (jitter_ms or bias_ms) else 0
    return Slip(bias_ms, jitter_ms, wide_ms)


def off(seed: int, *, breaks: bool = False) -> World:
    """Sessions of 20 s that follow each other as planned; or which break, besides."""
    rng = random.Random(seed)
    world = _world(rng, seed, drawn(rng))
    for _ in range(rng.randint(2, 5)):
        _speak(world, rng)
        if breaks and rng.random() < 0.5:
            world.wait(rng.uniform(0, 1))
            world.cut()
    world.finish()
    return world


def broken(seed: int, name: str = "") -> World:
    """The same with breaks, and with a recogniser that is broken: as is told, or by the seed."""
    rng = random.Random(seed)
    names = sorted(BROKEN)
    world = _world(rng, seed, Slip(broken=name or names[seed % len(names)]))
    for _ in range(rng.randint(2, 5)):
        _speak(world, rng)
        if rng.random() < 0.4:
            world.wait(rng.uniform(0, 2))
            world.cut()
    world.finish()
    return world


def _world(rng: random.Random, seed: int, slip: Slip) -> World:
    manners = Manners(
        has_words=rng.random() < 0.7,
        refines=rng.random() < 0.5,
        partials=rng.random() < 0.8,
        cursors=rng.random() < 0.5,
        longest_delay_s=rng.choice((0.0, 0.3, 1.0, 2.0)),
        hangover=rng.choice((0, 100, 250)),
        is_timed=True,
        slip=slip,
    )
    catch_up = rng.choice((2.0, float("inf")))
    return World(seed, Limits(session_s=20.0, catch_up=catch_up), manners, is_strict=False)


def _speak(world: World, rng: random.Random) -> None:
    """A sentence, or half a minute without a pause."""
    length, pause = rng.randint(120, 400), rng.choice((0, 150, 300, 700, 1500, 4000))
    gap = rng.choice((0, 20, 50, 160))
    for _ in range(rng.randint(0, 3)):
        world.speak(20, gap=gap, pause=0, length=length)
    world.speak(rng.randint(1, 20), gap=gap, pause=pause, length=length)


def lost(world: World) -> list[int]:
    """Numbers that are in no line and in no gap, of all that were said."""
    told = {int(word) for word in world.committed() if not word.startswith("~")}
    return [
        word.number
        for word in world.spoken
        if word.number not in told
        and not any(it.start_sample < word.end and word.start < it.end_sample for it in world.gaps)
    ]


def doubled(world: World) -> list[int]:
    """Numbers that were given again."""
    told = [int(word) for word in world.committed() if not word.startswith("~")]
    return [number for n, number in enumerate(told) if number in told[:n]]
