"""Items in rows, against a plain list of rows."""

from __future__ import annotations

import random

import pytest

from skdictate.tui.widgets.line_wrap import wrapped
from skdictate.tui.widgets.virtual_list import Kind, VirtualList


class Plain:
    """The same, without any thought of hours."""

    def __init__(self) -> None:
        self.items: list[list[object]] = []

    def rows(self, width: int) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for kind, time_ms, text, marks in self.items:
            rows = [(row, False) for row in wrapped(str(text), width)]
            if marks:
                rows += [(row, True) for row in wrapped(f"↳ {marks}", width)]
            for index, (row, is_mark) in enumerate(rows):
                has_time = index == 0 and kind is not Kind.DIVIDER
                found.append((kind, row, time_ms if has_time else None, is_mark))
        return found


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_to_it_the_rows_are_those_of_its_items(seed: int) -> None:
    rng = random.Random(seed)
    roll, plain, width = VirtualList(), Plain(), 20
    roll.fit(width)

    def words(most: int) -> str:
        return " ".join(
            rng.choice(("a", "longer", "世界", "ж" * 30)) for _ in range(rng.randint(0, most))
        )

    for _ in range(200):
        what = rng.random()
        index = rng.randrange(len(roll)) if len(roll) else None
        if what < 0.5 or index is None:
            kind, time_ms, text, marks = (
                rng.choice(list(Kind)),
                rng.randint(0, 10**9),
                words(12),
                words(2),
            )
            plain.items.append([kind, time_ms, text, marks])
            roll.add(kind, time_ms, text, marks)
        elif what < 0.7:
            plain.items[index][2] = text = words(20)
            roll.rewrite(index, text)
        elif what < 0.9:
            plain.items[index][3] = marks = words(9)
            roll.note(index, marks)
        elif what < 0.98:
            width = rng.choice((1, 7, 20, 80))
            roll.fit(width)
        else:
            plain.items.clear()
            roll.clear()
    assert roll.n_rows == len(plain.rows(width))
    drawn = [roll.row(number) for number in range(roll.n_rows)]
    assert [(it.kind, it.text, it.time_ms, it.is_mark) for it in drawn] == plain.rows(width)
