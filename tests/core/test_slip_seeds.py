"""Dictations in which a word was once lost, doubled or halved, played again."""

from __future__ import annotations

import pytest

from skdictate.core.limits import Limits
from tests.core import slipping
from tests.core.world import Manners, World


@pytest.mark.parametrize("seed", [727, 732, 1612, 1614])
def test_times_that_are_off_by_less_than_a_word_cost_none(seed: int) -> None:
    world = slipping.off(seed)
    assert [int(word) for word in world.committed()] == [it.number for it in world.spoken]


@pytest.mark.parametrize("seed", [207, 346, 654, 683, 1257, 1313])
def test_finals_in_reverse_order_and_times_that_run_backwards_lose_no_word(seed: int) -> None:
    assert slipping.lost(slipping.broken(seed)) == []


@pytest.mark.parametrize("seed", [186, 239, 560])
def test_times_of_a_session_that_go_back_lose_no_word(seed: int) -> None:
    assert slipping.lost(slipping.broken(seed, "runs backwards")) == []


@pytest.mark.parametrize("gap", [59, 57])
def test_a_gap_before_words_of_the_next_session_ends_between_two_words(gap: int) -> None:
    """The next session's audio begins inside a word, of which nobody heard all."""
    manners = Manners(refines=False, partials=False, cursors=False, longest_delay_s=0, hangover=0)
    world = World(0, Limits(session_s=10.0, catch_up=1.5), manners)
    world.is_mute = True
    world.speak(20, gap=0, pause=0)
    world.speak(16, gap=gap, pause=0)
    world.cut()
    world.is_mute = False
    world.record(1000)
    world.is_mute = True
    world.finish()
    world.check()
    first = world.gaps[0]
    assert world.committed()[0] == "28"
    assert world.spoken[26].end <= first.end_sample <= world.spoken[27].start


@pytest.mark.parametrize("seed", [1, 395])
def test_what_the_next_session_gave_words_for_is_no_gap(seed: int) -> None:
    """The first session says nothing, and the next one was sent all that it was sent."""
    manners = Manners(
        has_words=False,
        refines=False,
        partials=False,
        cursors=False,
        longest_delay_s=0.0,
        hangover=0,
    )
    world = World(seed, Limits(session_s=60.0, catch_up=1.5), manners)
    world.is_mute = True
    world.speak(4, gap=0, pause=400)
    world.stands_still_s = 12.0
    world.speak(2, gap=50, pause=500)
    world.speak(1, gap=0, pause=400)
    world.is_mute = False
    world.stands_still_s = 1.0
    world.speak(1, gap=50, pause=500)
    world.is_mute = True
    world.finish()
    world.check()
    (gap,) = world.gaps
    assert gap.start_sample >= world.spoken[-1].end
