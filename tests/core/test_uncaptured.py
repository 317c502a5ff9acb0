from __future__ import annotations

import pytest

from skdictate.core.uncaptured import FOREVER, LEAST_S, UncapturedTime


def test_a_dictation_begins_with_its_first_sound_and_a_stream_tells_of_its_own_gaps() -> None:
    between = UncapturedTime(0.0)
    assert between.missing_at_end(60.0) == 0
    assert between.add_sound("a", 60.0, 61.0) == 0
    assert between.add_sound("a", 65.0, 66.0) == 0


def test_before_another_stream_that_is_missing_which_nobody_captured() -> None:
    between = UncapturedTime(0.0)
    between.add_sound("a", 10.0, 11.0)
    between.add_missing(2.0)
    assert between.add_sound("b", 15.5, 16.0) == pytest.approx(2.5)
    assert between.add_sound("c", 16.0 + LEAST_S / 2, 17.0) == 0, "that is no more than an error"
    assert between.add_sound("a", 11.0, 12.0) == 0, "what was kept comes late"
    assert between.add_sound("c", 20.0, 21.0) == pytest.approx(3.0)


def test_a_gap_that_comes_before_all_sound_counts_for_nothing() -> None:
    between = UncapturedTime(0.0)
    between.add_missing(5.0)
    assert between.add_sound("a", 1.0, 2.0) == 0


def test_in_a_pause_nothing_is_missing() -> None:
    between = UncapturedTime(0.0)
    between.add_sound("a", 10.0, 11.0)
    between.pauses.append((5.0, 12.0))
    between.pauses.append((13.0, 14.0))
    assert between.missing_at_end(20.0) == pytest.approx(7.0)
    between.pauses.append((15.0, FOREVER))
    assert between.missing_at_end(20.0) == pytest.approx(2.0)


def test_sound_from_before_the_beginning_does_not_move_it() -> None:
    between = UncapturedTime(100.0)
    between.add_sound("a", 3.0, 4.0)
    assert between.missing_at_end(101.0) == pytest.approx(1.0)
