"""An hour through the core, however one speaks: the sockets' part of it is in ``hours``."""

from __future__ import annotations

import random

import pytest

from skdictate.core.limits import Limits
from tests.core.world import World

HOUR = 3_600_000
"""Samples; each is a millisecond."""
WIDE_BYTES = 2 * 104_000
"""What fills a session after 104 s, as 10 MB do at 48 kHz."""


@pytest.mark.parametrize(
    ("style", "size_bytes"),
    [("talk", WIDE_BYTES), ("monologue", 10_000_000), ("musing", 10_000_000)],
)
def test_an_hour_loses_and_doubles_nothing(style: str, size_bytes: int) -> None:
    world = World(5, Limits(session_bytes=size_bytes))
    rng = random.Random(5)
    while world.dictated < HOUR:
        match style:
            case "talk":
                world.speak(rng.randint(1, 25), gap=50, pause=rng.choice((400, 1200, 6000)))
            case "monologue":
                world.speak(25, gap=rng.randint(10, 90), pause=50)
            case "musing":
                world.speak(rng.randint(3, 20), pause=rng.randint(5_000, 150_000))
    world.finish()
    world.check()
    assert not world.gaps
    assert not world.problems
    assert world.committed() == [str(word.number) for word in world.spoken]
