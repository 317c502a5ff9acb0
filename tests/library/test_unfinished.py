"""How long what is unfinished is: nothing that is there is shown as nothing."""

from __future__ import annotations

from skdictate.library.unfinished import Found, Unfinished


def test_a_length_is_whole_seconds_and_what_is_left_is_at_least_one() -> None:
    it = Unfinished(1, 16_000, 16_000 * 61 - 1, 3, 1)
    assert (it.whole_s, it.left_s) == (60, 1)
    assert Unfinished(1, 8_000, 8_000, 3, 8_001).left_s == 2
    assert Found().unfinished == ()
