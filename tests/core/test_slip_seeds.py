"""Dictations in which a word was once lost, doubled or halved, played again."""

from __future__ import annotations

import pytest

from tests.core import slipping


@pytest.mark.parametrize("seed", [727, 1612])
def test_times_that_are_off_by_less_than_a_word_cost_none(seed: int) -> None:
    world = slipping.off(seed)
    assert [int(word) for word in world.committed()] == [it.number for it in world.spoken]


@pytest.mark.parametrize("seed", [207, 346, 654, 683, 1257, 1313])
def test_finals_in_reverse_order_and_times_that_run_backwards_lose_no_word(seed: int) -> None:
    assert slipping.lost(slipping.broken(seed)) == []
