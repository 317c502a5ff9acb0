from __future__ import annotations

import pytest

from skdictate.core.clocks import WINDOW_S, Clocks


def test_late_is_what_is_later_than_the_best() -> None:
    clocks = Clocks()
    assert clocks.heard(1000.0, 5.0) == 0
    assert clocks.heard(1001.0, 6.2) == pytest.approx(0.2)
    assert clocks.heard(1002.0, 6.9) == pytest.approx(0.0), "an earlier one is the new measure"
    assert clocks.heard(1003.0, 8.0) == pytest.approx(0.1)


def test_the_way_itself_is_added_where_somebody_has_measured_it() -> None:
    clocks = Clocks()
    clocks.travel_s = 0.04
    assert clocks.heard(1000.0, 5.0) == pytest.approx(0.04)
    assert clocks.ours(1000.5) == pytest.approx(5.46)


def test_a_time_of_the_other_clock_is_told_by_ours() -> None:
    clocks = Clocks()
    clocks.heard(1000.0, 5.0)
    clocks.heard(1007.0, 14.0)
    assert clocks.ours(1007.0) == pytest.approx(12.0)


def test_clocks_that_part_are_followed() -> None:
    clocks = Clocks()
    for s in range(600):
        late_s = clocks.heard(1000 + s * 1.001, float(s))
        assert abs(late_s) < 0.13
    for s in range(600, 1200):
        late_s = clocks.heard(1600.6 + (s - 600) * 0.999, float(s))
    assert late_s < 2 * WINDOW_S * 0.0011
