from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.mic_protocol.clock import MOST_ANSWERS, WINDOW_S, ClockAnswer, ClockOffset


def test_late_is_what_is_later_than_the_best() -> None:
    clocks = ClockOffset()
    assert clocks.add_arrival(1000.0, 5.0) == 0
    assert clocks.add_arrival(1001.0, 6.2) == pytest.approx(0.2)
    assert clocks.add_arrival(1002.0, 6.9) == pytest.approx(0.0), (
        "an earlier one is the new measure"
    )
    assert clocks.add_arrival(1003.0, 8.0) == pytest.approx(0.1)


def test_the_way_itself_is_added_once_it_was_measured() -> None:
    clocks = ClockOffset()
    clocks.add_answer(ClockAnswer(1000.0, 4.0, 4.2))
    clocks.add_answer(ClockAnswer(1001.0, 5.0, 5.08))
    clocks.add_answer(ClockAnswer(1002.0, 6.0, 6.5))
    assert clocks.add_arrival(1003.0, 8.0) == pytest.approx(0.04)


def test_clocks_that_part_are_followed() -> None:
    clocks = ClockOffset()
    for s in range(600):
        late_s = clocks.add_arrival(1000 + s * 1.001, float(s))
        assert abs(late_s) < 0.13
    for s in range(600, 1200):
        late_s = clocks.add_arrival(1600.6 + (s - 600) * 0.999, float(s))
    assert late_s < 2 * WINDOW_S * 0.0011


def test_without_an_answer_nothing_is_certain() -> None:
    clocks = ClockOffset()
    clocks.add_arrival(1000.0, 5.0)
    assert clocks.earliest_s(1000.0) == float("-inf")
    assert clocks.latest_s(1000.0) == float("inf")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["run", "sleep", "ask", "capture"]),
            st.floats(0.01, 5.0),
            st.floats(0.0, 2.0),
        ),
        max_size=60,
    )
)
def test_what_is_said_to_be_certain_is_though_the_sender_sleeps(
    steps: list[tuple[str, float, float]],
) -> None:
    clocks = ClockOffset()
    ours_s, theirs_s = 100.0, 7.0
    captured: list[tuple[float, float]] = []
    for what, first_s, second_s in steps:
        match what:
            case "run":
                ours_s, theirs_s = ours_s + first_s, theirs_s + first_s
            case "sleep":
                ours_s += 10 * first_s
            case "ask":
                asked_s = ours_s
                told_s = theirs_s + first_s
                ours_s, theirs_s = ours_s + first_s + second_s, told_s + second_s
                clocks.add_answer(ClockAnswer(told_s, asked_s, ours_s))
            case "capture":
                ours_s, theirs_s = ours_s + first_s, theirs_s + first_s
                captured.append((theirs_s, ours_s))
        for at_theirs_s, at_ours_s in captured:
            assert clocks.earliest_s(at_theirs_s) <= at_ours_s + 1e-6
            assert clocks.latest_s(at_theirs_s) >= at_ours_s - 1e-6


def test_with_quick_answers_it_is_known_to_the_moment() -> None:
    clocks = ClockOffset()
    for s in range(10):
        clocks.add_answer(ClockAnswer(1000.0 + s, 50.0 + s, 50.002 + s))
    assert clocks.earliest_s(1004.5) == pytest.approx(54.5)
    assert clocks.latest_s(1004.5) == pytest.approx(54.502)


def test_answers_that_go_back_are_passed_over_and_old_ones_forgotten() -> None:
    clocks = ClockOffset()
    clocks.add_answer(ClockAnswer(1000.0, 50.0, 50.1))
    clocks.add_answer(ClockAnswer(900.0, 51.0, 51.1))
    assert clocks.earliest_s(950.0) == float("-inf")
    for s in range(MOST_ANSWERS + 10):
        clocks.add_answer(ClockAnswer(1001.0 + s, 51.0 + s, 51.1 + s))
    assert clocks.earliest_s(1001.0) == float("-inf")
    assert clocks.earliest_s(1000.0 + MOST_ANSWERS) == pytest.approx(50.0 + MOST_ANSWERS)


def test_the_quickest_answer_tells_when_it_was_by_our_clock() -> None:
    clocks = ClockOffset()
    assert clocks.ours_s(1000.0, 5.0) == 5.0, "nothing is known"
    clocks.add_answer(ClockAnswer(1000.0, 4.0, 4.2))
    clocks.add_answer(ClockAnswer(1001.0, 5.0, 7.0))
    clocks.add_answer(ClockAnswer(1010.0, 14.06, 14.08))
    assert clocks.ours_s(0.0, 20.0) == 20.0, "no time is told"
    assert clocks.ours_s(1000.5, 20.0) == pytest.approx(4.6)
    assert clocks.ours_s(1002.0, 20.0) == pytest.approx(6.07), "one from afterwards will do"
    assert clocks.ours_s(1030.0, 20.0) == 20.0, "nothing comes before it was captured"


def test_an_answer_from_before_a_sleep_does_not_tell_how_the_clocks_differ_now() -> None:
    clocks = ClockOffset()
    clocks.add_answer(ClockAnswer(1000.0, 4.0, 4.01))
    clocks.add_answer(ClockAnswer(1001.0, 65.0, 65.2))
    assert clocks.ours_s(1002.0, 100.0) == pytest.approx(66.1)
    backwards = ClockOffset()
    backwards.add_answer(ClockAnswer(1000.0, 64.0, 64.01))
    backwards.add_answer(ClockAnswer(1061.0, 65.0, 65.2))
    assert backwards.ours_s(1062.0, 100.0) == pytest.approx(66.1), "or ours has slept"
