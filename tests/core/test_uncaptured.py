from __future__ import annotations

import pytest

from skdictate.core.uncaptured import FOREVER, LEAST_S, Between


def test_a_dictation_begins_with_its_first_sound_and_a_stream_tells_of_its_own_gaps() -> None:
    between = Between(0.0)
    assert between.ended(60.0) == 0
    assert between.heard("a", 60.0, 61.0) == 0
    assert between.heard("a", 65.0, 66.0) == 0


def test_before_another_stream_that_is_missing_which_nobody_captured() -> None:
    between = Between(0.0)
    between.heard("a", 10.0, 11.0)
    between.missed(2.0)
    assert between.heard("b", 15.5, 16.0) == pytest.approx(2.5)
    assert between.heard("c", 16.0 + LEAST_S / 2, 17.0) == 0, "that is no more than an error"
    assert between.heard("a", 11.0, 12.0) == 0, "what was kept comes late"
    assert between.heard("c", 20.0, 21.0) == pytest.approx(3.0)


def test_a_gap_that_comes_before_all_sound_counts_for_nothing() -> None:
    between = Between(0.0)
    between.missed(5.0)
    assert between.heard("a", 1.0, 2.0) == 0


def test_in_a_pause_nothing_is_missing() -> None:
    between = Between(0.0)
    between.heard("a", 10.0, 11.0)
    between.pauses.append((5.0, 12.0))
    between.pauses.append((13.0, 14.0))
    assert between.ended(20.0) == pytest.approx(7.0)
    between.pauses.append((15.0, FOREVER))
    assert between.ended(20.0) == pytest.approx(2.0)


def test_sound_from_before_the_beginning_does_not_move_it() -> None:
    between = Between(100.0)
    between.heard("a", 3.0, 4.0)
    assert between.ended(101.0) == pytest.approx(1.0)
