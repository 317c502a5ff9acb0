"""Recognisers whose times are a little off, and broken ones: what becomes of the words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skdictate.core.limits import Limits
from tests.core import slipping
from tests.core.slipping import MOST_TIMES
from tests.core.slips import BROKEN, Slip
from tests.core.world import Manners, World


@pytest.mark.parametrize("has_words", [True, False])
@pytest.mark.parametrize("end", ["stop", "gap", "pause"])
def test_the_last_words_before_an_end_are_kept_however_late_their_times_are(
    end: str, *, has_words: bool
) -> None:
    world = World(1, Limits(), Manners(has_words, slip=Slip(300)))
    world.speak(20, pause=600)
    world.speak(1, length=200, pause=0)
    if end == "gap":
        world.lose(2_000)
    elif end == "pause":
        world.dictation.pause(world.now_s)
        world.settle()
        world.wait(30.0)
        world.dictation.resume(world.now_s)
    if end != "stop":
        world.speak(5, pause=600)
        world.speak(1, length=200, pause=0)
    world.finish()
    world.check()
    assert world.committed() == [str(word.number) for word in world.spoken]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1))
def test_planned_sessions_lose_and_double_nothing_however_times_are_off(seed: int) -> None:
    world = slipping.off(seed)
    assert world.committed() == [str(word.number) for word in world.spoken]
    assert not world.gaps


@pytest.mark.parametrize("broken", sorted(BROKEN))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1))
def test_a_broken_recogniser_costs_no_word_without_a_gap_and_no_loop(
    broken: str, seed: int
) -> None:
    world = slipping.broken(seed, broken)
    assert slipping.lost(world) == []
    words = world.committed()
    assert max(map(words.count, set(words))) <= MOST_TIMES
    if broken == "repeated":
        assert slipping.doubled(world) == []
