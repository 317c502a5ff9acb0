"""Which words of a session are new, where another has heard the same sound before it."""

from __future__ import annotations

import pytest

from skdictate.core.placed_words import NOWHERE, PlacedWord, between, spread
from skdictate.core.seam import MISSES, Seam

WORD = 300
"""Milliseconds, of which each is a sample here."""


def said(text: str, start: int, doubt: int = 0) -> list[PlacedWord]:
    """Words that follow each other without a pause."""
    words = text.split()
    return spread(text, start, start + WORD * len(words), doubt)


def seam(kept: str, left: str = "", *, start: int = 0, doubt: int = 0) -> Seam:
    """What was given before, from a position on: words that stand, and words that were left."""
    words = said(f"{kept} {left}", start, doubt)
    n_kept = len(kept.split())
    before = [it if n < n_kept else it.left() for n, it in enumerate(words)]
    return Seam(1, before, 1000)


@pytest.mark.parametrize("off", [-600, -300, 0, 300, 600])
@pytest.mark.parametrize(
    ("kept", "left", "later", "new"),
    [
        ("one two three", "four five", "two three four five six", 2),
        ("one two three", "", "One, two, three. Four", 3),
        ("one two three", "four", "ee two three", 3),
        ("one two three", "four", "two tree four five", 2),
        ("very very", "very good", "very very very good", 2),
        ("one two", "three", "three four", 0),
    ],
)
def test_the_words_that_both_have_show_where_the_new_ones_begin(
    off: int, kept: str, left: str, later: str, new: int
) -> None:
    starts = {"one": 0, "ee": 0, "very": 0, "two": WORD, "three": 2 * WORD}
    start = starts[later.split()[0].casefold().strip(",")]
    assert seam(kept, left).n_repeated(said(later, start + off)) == new


def test_a_word_that_only_one_of_the_two_has_does_not_part_them() -> None:
    assert seam("one two three four").n_repeated(said("one two four five", 0)) == 3
    assert seam("one two three four").n_repeated(said("one two um three four five", 0)) == 5


def test_where_two_readings_disagree_place_decides() -> None:
    assert seam("one two").n_repeated(said("won too three", 0)) == 0, "too near to the end to say"
    far = Seam(1, said("one two three four five six", 0), 1000)
    assert far.n_repeated(said("won too tree for fife", 0)) == 4
    assert Seam(1, said("one two three", 0, NOWHERE), 1000).n_repeated(said("won", 0)) == 0


def test_words_after_the_last_that_both_have_are_told_by_the_distance_of_the_two() -> None:
    before = Seam(1, said("one two three", 0), 1000)
    assert before.n_repeated(said("one two tree four", 100)) == 3
    doubtful = Seam(1, said("one two three", 0, NOWHERE), 1000)
    assert doubtful.n_repeated(said("one two tree four", 100)) == 2


def test_a_reading_is_gone_through_text_by_text() -> None:
    before = seam("one two three four")
    assert before.n_repeated(said("one two", 0)) == 2
    assert before.n_repeated(said("three four five", 2 * WORD)) == 2
    assert before.n_repeated(said("five", 5 * WORD)) == 0, "said twice"
    assert seam("").n_repeated(said("one", 0)) == 0
    assert seam("one").n_repeated([]) == 0


def test_the_end_of_a_word_inside_which_the_audio_begins_is_no_new_word() -> None:
    inside = WORD + WORD // 2
    for first, n_old in ((inside, 1), (2 * WORD + 200, 1), (2 * WORD + 400, 0), (-1, 0)):
        before = Seam(1, said("one two", 0), 1000, first)
        assert before.n_repeated(said("oo", first)) == n_old
    followed = seam("one two three", "four five")
    followed.first = inside
    assert followed.n_repeated(said("oo three", inside)) == 2, (
        "what follows it was given before, too"
    )
    doubtful = Seam(1, said("one two", 0, NOWHERE), 1000, inside)
    assert doubtful.n_repeated(said("oo", inside)) == 0, "nobody knows whether it is inside"
    later = Seam(1, said("one two", 0), 1000, inside)
    assert later.n_repeated(said("three", inside + 400)) == 0, "it begins too late for that"


def test_what_is_not_found_for_some_texts_is_not_looked_for_any_longer() -> None:
    before = seam("one two three", doubt=NOWHERE)
    for _ in range(MISSES):
        assert before.n_repeated(said("something else", 0)) == 0
    assert before.n_repeated(said("one two three", 0)) == 0


def test_a_single_word_far_into_a_text_proves_nothing() -> None:
    before = seam("the end", doubt=NOWHERE)
    assert before.n_repeated(said("now we come to the end of it", 0)) == 0


def test_words_without_times_share_the_time_of_their_text() -> None:
    words = between("one two three", 0, 900, 2000)
    assert [(it.start, it.end, it.doubt) for it in words] == [
        (0, 300, 0),
        (300, 600, 300),
        (600, 900, 0),
    ]
    assert PlacedWord("...", 0, 1).key == "..."
