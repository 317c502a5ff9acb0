from __future__ import annotations

import pytest

from skdictate.mic_protocol.retry import AT_ONCE, FRESH_S, LOGINS, MANY, RARE_S, Retries

NEVER = float("inf")


def test_the_first_begins_at_once_and_the_next_one_after_it_has_failed() -> None:
    tries = Retries()
    assert tries.due_s(is_wide=True) < 0
    number = tries.begin(1.0)
    assert number in tries and len(tries) == 1
    tries.failed(number, 2.0)
    assert number not in tries
    assert 2.0 < tries.due_s(is_wide=True) == tries.due_s(is_wide=False) <= 2.1
    waits_s = []
    for _ in range(10):
        tries.failed(tries.begin(5.0), 5.0)
        waits_s.append(tries.due_s(is_wide=True) - 5.0)
    assert waits_s[-1] == FRESH_S > 2 * waits_s[0], "a network that is back is found within that"
    tries.retry_now()
    assert tries.due_s(is_wide=True) < 0


def test_where_there_is_one_lane_nothing_is_tried_beside_it() -> None:
    tries = Retries()
    tries.begin(1.0)
    assert tries.due_s(is_wide=False) == NEVER


def test_a_fresh_one_takes_the_place_of_the_newest_and_the_eldest_is_let() -> None:
    tries = Retries()
    eldest = tries.begin(1.0)
    given_up = []
    for n in range(1, 6):
        assert tries.due_s(is_wide=True) == n + FRESH_S
        if (surplus := tries.surplus) is not None:
            tries.drop(surplus)
            given_up.append(surplus)
        tries.begin(n + FRESH_S)
        assert len(tries) == AT_ONCE
    assert eldest in tries
    assert given_up == [2, 3, 4, 5]
    tries.failed(eldest, 7.0)
    assert tries.surplus is None, "what was fresh is the eldest now"


def test_where_logins_take_long_they_are_let() -> None:
    tries = Retries()
    tries.worked(tries.begin(1.0), 4.0)
    tries.begin(10.0)
    assert tries.due_s(is_wide=True) == 10.0 + LOGINS * 3.0


def test_who_tries_for_minutes_tries_less_until_it_has_worked() -> None:
    tries = Retries()
    for _ in range(MANY):
        tries.drop(tries.begin(1.0))
    number = tries.begin(1.0)
    assert tries.due_s(is_wide=True) == 1.0 + RARE_S
    tries.worked(number, 1.5)
    assert tries.n_vain == 0, "and counts from the beginning"
    tries.begin(2.0)
    assert tries.due_s(is_wide=True) == 2.0 + FRESH_S


def test_who_was_reached_and_refuses_is_asked_less_often() -> None:
    tries = Retries()
    for _ in range(40):
        tries.failed(tries.begin(5.0), 5.0, is_reached=True)
    assert tries.due_s(is_wide=True) >= 5.0 + 2.5


@pytest.mark.parametrize("is_wide", [True, False])
def test_a_line_that_was_used_and_breaks_is_followed_by_another_soon(is_wide: bool) -> None:
    tries = Retries()
    number = tries.begin(1.0)
    tries.worked(number, 1.2)
    tries.failed(number, 60.0)
    assert 60.0 < tries.due_s(is_wide=is_wide) <= 60.1
