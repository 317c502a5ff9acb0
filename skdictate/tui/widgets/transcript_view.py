"""The transcript: committed lines with their times, visible gaps, and the partial at the end.

Only rows in view are drawn, so the cost does not grow with the length. All text is untrusted: it
was cleaned where it entered, and is drawn literally, never parsed as markup.
"""

from __future__ import annotations

from array import array
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from skdictate.audio.pcm import Format
from skdictate.core.changes import (
    Change,
    FindingMade,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    PartialChanged,
    SourceNamed,
)
from skdictate.core.findings import Finding
from skdictate.output.phrases import clock, gap_text
from skdictate.tui.line_marks import LineMarks
from skdictate.tui.widgets.line_wrap import wrapped
from skdictate.tui.widgets.virtual_list import Kind, VirtualList

GUTTER = 9
"""Width in cells of the time on the left; times from an hour on have seven characters."""
SHORT_MS = 10_000
"""A gap shorter than this is shown with its length instead of its start and end."""
NARROW = 40
"""Width in cells below which times are left out."""


class TranscriptView(ScrollView, can_focus=True):
    """Follows the newest words, unless the user has scrolled back."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--line",
        "transcript--time",
        "transcript--gap",
        "transcript--divider",
        "transcript--stable",
        "transcript--changing",
        "transcript--unconfirmed",
        "transcript--mark",
    }

    def __init__(self) -> None:
        super().__init__()
        self._roll = VirtualList()
        self._lines = array("q")
        """Index of the item of each line of the newest dictation."""
        self._marks = LineMarks()
        """Findings about those lines."""
        self.partial = PartialChanged("", "")
        """The partial that is shown."""
        self._partial_rows: list[str] = []
        self._width = 0
        self._is_following = True

    # ------------------------------------------------------------------------- the text

    def begin(self, words: str) -> None:
        """Begin a dictation; a divider with ``words`` separates it from text above it."""
        del self._lines[:]
        self._marks = LineMarks()
        if len(self._roll):
            self._add(Kind.DIVIDER, 0, words)

    def apply(self, change: Change, sound: Format) -> None:
        """Show a change of the newest dictation."""
        match change:
            case PartialChanged():
                self.guess(change)
            case LineCommitted(line):
                self.commit(line, sound.ms(line.start_sample))
            case LineRefined(line):
                self.refine(line)
            case FindingMade(finding):
                self.find(finding)
            case SourceNamed(name, was) if was and len(self._roll):
                self._add(Kind.DIVIDER, 0, name)
            case GapMarked(gap):
                self.mark(gap, sound.ms(gap.start_sample), sound.ms(gap.end_sample))

    def commit(self, line: Line, start_ms: int) -> None:
        """Append a line."""
        self._lines.append(len(self._roll))
        self._marks.committed(line)
        kind = Kind.LINE if line.is_confirmed else Kind.UNCONFIRMED
        self._add(kind, start_ms, line.text, self._marks.words(line.number))

    def refine(self, line: Line) -> None:
        """Replace the text of a line by its refined text."""
        if line.number <= len(self._lines):
            self._roll.rewrite(self._lines[line.number - 1], line.text)
            self._moved()

    def find(self, finding: Finding) -> None:
        """Show a finding at its line, if it is about a single line."""
        number = self._marks.found(finding)
        if number is not None:
            self._roll.note(self._lines[number - 1], self._marks.words(number))
            self._moved()

    def mark(self, gap: Gap, start_ms: int, end_ms: int) -> None:
        """Append a gap."""
        length = f"{(end_ms - start_ms) / 1000:.1f} s"
        if end_ms - start_ms >= SHORT_MS:
            length = f"{clock(start_ms)} to {clock(end_ms)}"
        words = f"{gap_text(gap)} ({length})"
        self._add(Kind.GAP, start_ms, f"[{words}]")

    def guess(self, partial: PartialChanged) -> None:
        """Show a partial after the last line, in place of the former one."""
        self.partial = partial
        self._partial_rows = wrapped(partial.text, self._text_width) if partial.text else []
        self._moved()

    def clear(self) -> None:
        """Remove everything."""
        self._roll.clear()
        del self._lines[:]
        self.guess(PartialChanged("", ""))

    @property
    def has_text(self) -> bool:
        """Whether there is any text."""
        return bool(len(self._roll) or self._partial_rows)

    # ------------------------------------------------------------------------- rows

    @property
    def _gutter(self) -> int:
        return GUTTER if self._width >= NARROW else 0

    @property
    def _text_width(self) -> int:
        return max(1, self._width - self._gutter)

    def _add(self, kind: Kind, time_ms: int, text: str, marks: str = "") -> None:
        self._roll.add(kind, time_ms, text, marks)
        self._moved()

    def _moved(self) -> None:
        """Update the height after a change; follow the end if it was in view."""
        height = self._roll.n_rows + len(self._partial_rows)
        if self.virtual_size.height != height or self.virtual_size.width != self._width:
            self.virtual_size = Size(self._width, height)
        if self._is_following:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow new text only while the end is in view."""
        super().watch_scroll_y(old_value, new_value)
        self._is_following = new_value >= self.max_scroll_y

    def notify_style_update(self) -> None:
        """Redraw for a new theme."""
        super().notify_style_update()
        self.refresh()

    def on_resize(self) -> None:
        """Wrap the text again for the new width."""
        width = self.scrollable_content_region.width
        if width == self._width:
            return
        self._width = width
        self._roll.fit(self._text_width)
        self.guess(self.partial)

    # ------------------------------------------------------------------------- drawing

    def render_line(self, y: int) -> Strip:
        """Draw row ``y`` of the widget."""
        row = y + self.scroll_offset.y
        n_rows = self._roll.n_rows
        if row < n_rows:
            segments = self._item_row(row)
        elif row < n_rows + len(self._partial_rows):
            segments = self._partial_row(row - n_rows)
        else:
            segments = []
        base = self.rich_style
        strip = Strip([Segment(text, base + style) for text, style in segments])
        return strip.adjust_cell_length(self._width, base)

    def _item_row(self, number: int) -> list[tuple[str, Style]]:
        row = self._roll.row(number)
        if row.kind is Kind.DIVIDER:
            return [(f"── {row.text} ".ljust(self._width, "─"), self._style("divider"))]
        time = "" if row.time_ms is None else clock(row.time_ms)
        style = self._style("mark" if row.is_mark else row.kind.name.lower())
        return [*self._time(time), (row.text, style)]

    def _partial_row(self, number: int) -> list[tuple[str, Style]]:
        text = self._partial_rows[number]
        before = sum(len(row) + 1 for row in self._partial_rows[:number])
        n_stable = max(0, len(self.partial.stable) - before)
        return [
            *self._time("…" if number == 0 else ""),
            (text[:n_stable], self._style("stable")),
            (text[n_stable:], self._style("changing")),
        ]

    def _time(self, time: str) -> list[tuple[str, Style]]:
        """The time on the left, padded to the gutter's width; nothing on a narrow screen."""
        return [(f"{time:>{self._gutter - 2}}  ", self._style("time"))] if self._gutter else []

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"transcript--{name}")
