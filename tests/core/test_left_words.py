"""What no session hears becomes a gap, which is recognised later from its first sample on.

So the gap begins between two words: the text ends with the one, and the other is heard whole.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from skdictate.core.limits import Limits
from tests.core.world import REFUSED, Manners, World

SEEDS = range(12)


def talk(world: World, rng: random.Random) -> None:
    """A sentence, and a pause."""
    pause = rng.choice((400, 700, 1_200, 2_500))
    world.speak(rng.randint(1, 25), gap=rng.randint(10, 120), pause=pause)


def ramble(world: World, rng: random.Random) -> None:
    """A word, and no pause worth the name."""
    world.speak(1, gap=rng.randint(10, 90), pause=0)


def check_gap(world: World) -> None:
    """The text is all words up to the gap, and the gap all words from there on."""
    world.check()
    (gap,) = world.gaps
    n_given = len(world.committed())
    assert world.committed() == [str(n + 1) for n in range(n_given)]
    assert world.spoken[n_given - 1].end <= gap.start_sample <= world.spoken[n_given].start
    assert gap.end_sample >= world.spoken[-1].end


@pytest.mark.parametrize("speak", [talk, ramble])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_budget_ends_between_two_words(
    seed: int, speak: Callable[[World, random.Random], None]
) -> None:
    rng = random.Random(seed)
    manners = Manners(longest_delay_s=rng.choice((0.0, 0.5)), partials=rng.random() < 0.5)
    world = World(seed, Limits(session_s=300.0), manners, budget_s=30.0)
    while world.dictated < 40_000:
        speak(world, rng)
    world.finish()
    check_gap(world)
    assert len(world.committed()) > 10, "most of what was paid for has its text"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_session_that_is_followed_by_none_ends_between_two_words(seed: int) -> None:
    rng = random.Random(seed)
    world = World(seed, Limits(session_s=20.0), Manners())
    while world.dictated < 40_000:
        ramble(world, rng)
        if world.dictated > 15_000:
            world.refuse = REFUSED
    world.finish()
    check_gap(world)
