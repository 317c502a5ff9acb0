from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skdictate.core.repaired_ranges import RepairedRanges

PLACES = st.integers(0, 60)


@given(st.lists(st.tuples(PLACES, PLACES), max_size=12))
def test_parts_are_in_order_and_apart_and_hold_what_was_added(added: list[tuple[int, int]]) -> None:
    mended = RepairedRanges()
    for start, end in added:
        mended.add(start, end)
    flat = [place for part in mended.ranges for place in part]
    assert flat == sorted(set(flat)), "two that touch are one"
    wanted = {at for start, end in added for at in range(start, end)}
    assert {at for start, end in mended.ranges for at in range(start, end)} == wanted
