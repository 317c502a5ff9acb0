from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skdictate.mic_protocol.position_map import MOST, MappedRange, PositionMap

# What was put: samples skipped in the stream, skipped on the timeline, and put side by side.
PIECES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=30
)


@given(PIECES, st.integers(0, 100), st.integers(0, 60))
def test_a_sample_is_found_where_it_was_put_and_nowhere_else(
    pieces: list[tuple[int, int, int]], sample: int, n_samples: int
) -> None:
    places = PositionMap()
    put: dict[int, int] = {}
    at = place = 0
    for skipped, left_out, n_put in pieces:
        at += skipped
        place += left_out
        places.add(at, place, n_put)
        put |= {at + i: place + i for i in range(n_put)}
        at += n_put
        place += n_put
    found = {
        it.sample + i: it.place + i
        for it in places.find(sample, n_samples)
        for i in range(it.n_samples)
    }
    assert found == {key: put[key] for key in range(sample, sample + n_samples) if key in put}
    assert places.n_after(sample) == sum(key >= sample for key in put)


def test_what_lies_side_by_side_is_one_stretch() -> None:
    places = PositionMap()
    for n in range(100):
        places.add(10 * n, 5 + 10 * n, 10)
    assert list(places.find(0, 1000)) == [MappedRange(0, 5, 1000)]


def test_a_peer_that_makes_many_does_not_fill_the_memory() -> None:
    places = PositionMap()
    for n in range(2 * MOST):
        places.add(2 * n, n, 1)
    assert len(list(places.find(0, 4 * MOST))) == MOST
