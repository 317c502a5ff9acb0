"""Lines that are packed come out as they went in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skdictate.core.changes import Line
from skdictate.tui.packed_lines import PackedLines

LINES = [
    Line(1, "it was", 0, 100, 1),
    Line(2, "the best", 120, 2**40, 7, is_confirmed=False),
    Line(3, "\N{CYRILLIC SMALL LETTER A}", 2**40, 2**41, 8, is_refined=True),
]


def test_all_that_is_known_of_a_line_comes_back() -> None:
    packed = PackedLines()
    for line in LINES:
        packed.put(line)
    assert list(packed) == LINES
    assert len(packed) == 3
    assert packed[2] == LINES[1]


def test_a_refinement_takes_the_place_of_the_text() -> None:
    packed = PackedLines()
    for line in LINES:
        packed.put(line)
    refined = replace(LINES[0], text="It was.", is_refined=True)
    packed.put(refined)
    assert list(packed) == [refined, *LINES[1:]]


def test_no_line_is_left_out() -> None:
    with pytest.raises(AssertionError):
        PackedLines().put(LINES[1])
