"""A list of items wrapped into rows, with little memory per item.

The number of rows is stored for each item; their content is computed only when drawn.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from skdictate.tui.widgets.line_wrap import wrapped

DRAWN = 64
"""Wrapped texts that are cached: about as many as are on the screen together."""


class Kind(IntEnum):
    """What an item is."""

    LINE = 0
    UNCONFIRMED = 1
    GAP = 2
    DIVIDER = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is drawn."""

    kind: Kind
    text: str
    time_ms: int | None
    """Time of the item; only in its first row."""
    is_mark: bool
    """Whether the row shows findings about the item instead of its text."""


@lru_cache(maxsize=DRAWN)
def _drawn(text: str, width: int) -> list[str]:
    return wrapped(text, width)


class VirtualList:
    """Items and their rows; rows are numbered from 0 at the top."""

    def __init__(self) -> None:
        self._width = 1
        self._kinds = array("B")
        self._times_ms = array("q")
        self._texts: list[str] = []
        self._marks: dict[int, str] = {}
        """Findings by the index of their item."""
        self._starts = array("q", [0])
        """First row of each item, and the row after the last item."""

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def n_rows(self) -> int:
        """Number of all rows."""
        return self._starts[-1]

    def add(self, kind: Kind, time_ms: int, text: str, marks: str = "") -> None:
        """Append an item; ``time_ms`` counts from the dictation's start."""
        self._kinds.append(kind)
        self._times_ms.append(time_ms)
        self._texts.append(text)
        if marks:
            self._marks[len(self) - 1] = marks
        self._starts.append(self.n_rows + self._height(len(self) - 1))

    def rewrite(self, index: int, text: str) -> None:
        """Replace the text of an item."""
        self._texts[index] = text
        self._move(index)

    def note(self, index: int, marks: str) -> None:
        """Set the findings about an item."""
        self._marks[index] = marks
        self._move(index)

    def clear(self) -> None:
        """Remove all items."""
        width = self._width
        self.__init__()  # type: ignore[misc]
        self._width = width

    def fit(self, width: int) -> None:
        """Wrap all items to a width in cells."""
        self._width = width
        row = 0
        for index in range(len(self)):
            self._starts[index] = row
            row += self._height(index)
        self._starts[-1] = row

    def row(self, number: int) -> Row:
        """The content of a row."""
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
        """Shift the items below an item whose height has changed."""
        by = self._starts[index] + self._height(index) - self._starts[index + 1]
        if by:
            for below in range(index + 1, len(self._starts)):
                self._starts[below] += by
