import random

import pytest

from skdictate.core.backoff import LONGEST_S, Backoff
from skdictate.core.limits import Limits


@pytest.mark.parametrize(
    ("audio_s", "billed_s"), [(0, 15), (0.1, 15), (15, 15), (15.1, 30), (37, 45), (300, 300)]
)
def test_billing_rounds_each_session_up_to_fifteen_seconds(audio_s: float, billed_s: int) -> None:
    assert Limits().billed_s(audio_s) == billed_s


def test_a_recogniser_of_ones_own_bills_nothing() -> None:
    assert Limits(unit_s=0).billed_s(100) == 0


def test_the_nearer_limit_counts() -> None:
    limits = Limits()
    assert limits.share(150, 0) == 0.5
    assert limits.share(104, 9_984_000) == pytest.approx(0.9984)


def test_waits_grow_up_to_a_bound_and_start_again_after_success() -> None:
    backoff = Backoff(random.Random(1))
    waits_s = [backoff.next_wait_s() for _ in range(20)]
    assert waits_s[0] <= 0.2
    assert all(wait_s <= LONGEST_S for wait_s in waits_s)
    assert min(waits_s[10:]) >= LONGEST_S / 2
    backoff.reset()
    assert backoff.next_wait_s() <= 0.2


def test_who_was_never_reached_is_tried_more_often_and_for_days() -> None:
    backoff = Backoff(random.Random(1))
    waits_s = [backoff.next_wait_s(is_free=True) for _ in range(20_000)]
    assert max(waits_s[:30]) <= 2.0
    assert max(waits_s) <= LONGEST_S
