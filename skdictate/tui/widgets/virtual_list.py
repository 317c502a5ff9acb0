"""Items one below the other, broken into rows; hours of them take little more than their words.

How many rows an item takes is known of each, what is in them only of those that are drawn.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from skdictate.tui.widgets.line_wrap import wrapped

DRAWN = 64
"""Texts that are on the screen together, or a little more."""


class Kind(IntEnum):
    """What an item is."""

    LINE = 0
    UNCONFIRMED = 1
    GAP = 2
    DIVIDER = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What is to be drawn."""

    kind: Kind
    text: str
    time_ms: int | None
    """For the first row of an item that has a time."""
    is_mark: bool
    """It belongs to what was found of the item."""


@lru_cache(maxsize=DRAWN)
def _drawn(text: str, width: int) -> list[str]:
    return wrapped(text, width)


class VirtualList:
    """Rows count from 0, at the top."""

    def __init__(self) -> None:
        self._width = 1
        self._kinds = array("B")
        self._times_ms = array("q")
        self._texts: list[str] = []
        self._marks: dict[int, str] = {}
        """What was found of an item, for the few that have something."""
        self._starts = array("q", [0])
        """The first row of each item, and of the one that comes next."""

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def n_rows(self) -> int:
        """All of them."""
        return self._starts[-1]

    def add(self, kind: Kind, time_ms: int, text: str, marks: str = "") -> None:
        """One more, at the end."""
        self._kinds.append(kind)
        self._times_ms.append(time_ms)
        self._texts.append(text)
        if marks:
            self._marks[len(self) - 1] = marks
        self._starts.append(self.n_rows + self._height(len(self) - 1))

    def rewrite(self, index: int, text: str) -> None:
        """Another text for an item."""
        self._texts[index] = text
        self._move(index)

    def note(self, index: int, marks: str) -> None:
        """Something was found of an item."""
        self._marks[index] = marks
        self._move(index)

    def clear(self) -> None:
        """None is left."""
        width = self._width
        self.__init__()  # type: ignore[misc]
        self._width = width

    def fit(self, width: int) -> None:
        """Break everything to that many cells."""
        self._width = width
        row = 0
        for index in range(len(self)):
            self._starts[index] = row
            row += self._height(index)
        self._starts[-1] = row

    def row(self, number: int) -> Row:
        """What is in a row."""
        index = bisect_right(self._starts, number) - 1
        within = number - self._starts[index]
        rows = _drawn(self._texts[index], self._width)
        is_mark = within >= len(rows)
        text = self._mark_rows(index)[within - len(rows)] if is_mark else rows[within]
        kind = Kind(self._kinds[index])
        has_time = within == 0 and kind is not Kind.DIVIDER
        return Row(kind, text, self._times_ms[index] if has_time else None, is_mark)

    def _height(self, index: int) -> int:
        return len(wrapped(self._texts[index], self._width)) + len(self._mark_rows(index))

    def _mark_rows(self, index: int) -> list[str]:
        marks = self._marks.get(index)
        return wrapped(f"↳ {marks}", self._width) if marks else []

    def _move(self, index: int) -> None:
        """Have those below follow where an item has grown or shrunk."""
        by = self._starts[index] + self._height(index) - self._starts[index + 1]
        if by:
            for below in range(index + 1, len(self._starts)):
                self._starts[below] += by
