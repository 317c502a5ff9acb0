"""The text: committed lines with their times, gaps that are seen, and the live partial at the end.

Only the rows in view are drawn, so an hour costs no more than a minute. All text here is foreign:
it was cleaned where it entered, and is drawn as it is, never read as markup.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from skdictate.core.audio import Format
from skdictate.core.changes import (
    Change,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    PartialChanged,
    SourceNamed,
)
from skdictate.output.formats import clock, said_of
from skdictate.tui.widgets.wrap import wrapped

GUTTER = 9
"""Cells for a time on the left: an hour has seven."""
SHORT_MS = 10_000
"""A gap below this is told by its length, not by its ends."""
NARROW = 40
"""Below this width the times give way to the text."""


@dataclass(slots=True)
class Item:
    """A line, a gap or a divider, and the rows it takes at the present width."""

    kind: str
    time: str
    text: str
    rows: list[str] = field(default_factory=list)


class Transcript(ScrollView, can_focus=True):
    """Follows the newest words, unless the user has scrolled back."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--line",
        "transcript--time",
        "transcript--gap",
        "transcript--divider",
        "transcript--stable",
        "transcript--changing",
        "transcript--unconfirmed",
    }

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._lines: dict[int, int] = {}
        """The item of each line of the newest dictation."""
        self._starts: list[int] = []
        """The first row of each item."""
        self.partial = PartialChanged("", "")
        """The guess that is shown."""
        self._partial_rows: list[str] = []
        self._width = 0
        self._is_following = True

    # ------------------------------------------------------------------------- the text

    def begin(self, words: str) -> None:
        """Another dictation: a divider, if there is text above it."""
        self._lines.clear()
        if self._items:
            self._add(Item("divider", "", words))

    def take(self, change: Change, sound: Format) -> None:
        """Something has become of the newest dictation."""
        match change:
            case PartialChanged():
                self.guess(change)
            case LineCommitted(line):
                self.commit(line, sound.ms(line.start_sample))
            case LineRefined(line):
                self.refine(line)
            case SourceNamed(name, was) if was and self._items:
                self._add(Item("divider", "", name))
            case GapMarked(gap):
                self.mark(gap, sound.ms(gap.start_sample), sound.ms(gap.end_sample))

    def commit(self, line: Line, start_ms: int) -> None:
        """A new line at the end."""
        kind = "line" if line.is_confirmed else "unconfirmed"
        self._lines[line.number] = len(self._items)
        self._add(Item(kind, clock(start_ms), line.text))

    def refine(self, line: Line) -> None:
        """Better words for a line, in its place."""
        index = self._lines.get(line.number)
        if index is None:
            return
        item = self._items[index]
        item.text = line.text
        n_before = len(item.rows)
        self._wrap(item)
        if len(item.rows) != n_before:
            del self._starts[index:]
            self._extend_starts()
        self._moved()

    def mark(self, gap: Gap, start_ms: int, end_ms: int) -> None:
        """A stretch without text."""
        length = f"{(end_ms - start_ms) / 1000:.1f} s"
        if end_ms - start_ms >= SHORT_MS:
            length = f"{clock(start_ms)} to {clock(end_ms)}"
        words = f"{said_of(gap)} ({length})"
        self._add(Item("gap", clock(start_ms), f"[{words}]"))

    def guess(self, partial: PartialChanged) -> None:
        """The words after the last line, rewritten."""
        self.partial = partial
        self._partial_rows = wrapped(partial.text, self._text_width) if partial.text else []
        self._moved()

    def clear(self) -> None:
        """A clean page."""
        self._items.clear()
        self._lines.clear()
        self._starts.clear()
        self.guess(PartialChanged("", ""))

    @property
    def has_text(self) -> bool:
        """Something is on the page."""
        return bool(self._items or self._partial_rows)

    # ------------------------------------------------------------------------- rows

    @property
    def _gutter(self) -> int:
        return GUTTER if self._width >= NARROW else 0

    @property
    def _text_width(self) -> int:
        return max(1, self._width - self._gutter)

    @property
    def _n_rows(self) -> int:
        return self._starts[-1] + len(self._items[-1].rows) if self._items else 0

    def _add(self, item: Item) -> None:
        self._wrap(item)
        self._items.append(item)
        self._extend_starts()
        self._moved()

    def _wrap(self, item: Item) -> None:
        item.rows = wrapped(item.text, self._text_width)

    def _extend_starts(self) -> None:
        """The first rows of the items that have none yet."""
        done = len(self._starts)
        first = self._starts[-1] + len(self._items[done - 1].rows) if done else 0
        lengths = [len(item.rows) for item in self._items[done:]]
        self._starts.extend(list(accumulate(lengths, initial=first))[:-1])

    def _moved(self) -> None:
        """The text has changed: a new height, and the end in view if it was."""
        height = self._n_rows + len(self._partial_rows)
        if self.virtual_size.height != height or self.virtual_size.width != self._width:
            self.virtual_size = Size(self._width, height)
        if self._is_following:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whether the user looks at the end, or has scrolled back."""
        super().watch_scroll_y(old_value, new_value)
        self._is_following = new_value >= self.max_scroll_y

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self.refresh()

    def on_resize(self) -> None:
        """Another width, other rows."""
        width = self.scrollable_content_region.width
        if width == self._width:
            return
        self._width = width
        for item in self._items:
            self._wrap(item)
        self._starts.clear()
        self._extend_starts()
        self.guess(self.partial)

    # ------------------------------------------------------------------------- drawing

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row = y + self.scroll_offset.y
        n_rows = self._n_rows
        if row < n_rows:
            segments = self._item_row(row)
        elif row < n_rows + len(self._partial_rows):
            segments = self._partial_row(row - n_rows)
        else:
            segments = []
        base = self.rich_style
        strip = Strip([Segment(text, base + style) for text, style in segments])
        return strip.adjust_cell_length(self._width, base)

    def _item_row(self, row: int) -> list[tuple[str, Style]]:
        index = bisect_right(self._starts, row) - 1
        item = self._items[index]
        number = row - self._starts[index]
        if item.kind == "divider":
            return [(f"── {item.text} ".ljust(self._width, "─"), self._style("divider"))]
        return [*self._time(item.time, number), (item.rows[number], self._style(item.kind))]

    def _partial_row(self, number: int) -> list[tuple[str, Style]]:
        text = self._partial_rows[number]
        before = sum(len(row) + 1 for row in self._partial_rows[:number])
        n_stable = max(0, len(self.partial.stable) - before)
        return [
            *self._time("…", number),
            (text[:n_stable], self._style("stable")),
            (text[n_stable:], self._style("changing")),
        ]

    def _time(self, time: str, number: int) -> list[tuple[str, Style]]:
        """The gutter: the time beside the first row."""
        if not self._gutter:
            return []
        shown = time if number == 0 else ""
        return [(f"{shown:>{self._gutter - 2}}  ", self._style("time"))]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"transcript--{name}")
