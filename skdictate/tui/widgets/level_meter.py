"""The level meter: present level, held peak and clipping."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.tui.widgets.bar import filled

LOWEST_DBFS = -60.0
"""Left end of the bar; a quiet room is above it."""
LOUD_DBFS = -12.0
"""Level above which speech is close to clipping."""
NUMBERS_WIDTH = 25
"""Width in cells of the numbers on the right."""


class LevelMeter(Widget):
    """A bar of the level in dBFS, with a mark at the held peak."""

    level: reactive[Level] = reactive(Level())
    held_dbfs: reactive[float] = reactive(SILENCE_DBFS)

    def render(self) -> RenderResult:
        """One row: the bar, then the numbers."""
        width = max(4, self.size.width - NUMBERS_WIDTH)
        return Content.assemble(self._bar(width), " ", self._numbers())

    def _bar(self, width: int) -> Content:
        text, rest = filled(share(self.level.rms_dbfs), width)
        cells = text + rest
        loud = int(share(LOUD_DBFS) * width)
        mark = min(width - 1, int(share(self.held_dbfs) * width))
        pieces: list[tuple[str, str]] = []
        for index, cell in enumerate(cells):
            is_mark = index == mark and self.held_dbfs > LOWEST_DBFS and cell == " "
            color = "$warning" if index >= loud else "$success"
            style = f"{color} on $foreground 10%"
            if self.level.is_clipped:
                style = "$error on $foreground 10%"
            pieces.append(("▏" if is_mark else cell, style))
        return Content.assemble(*_merged(pieces))

    def _numbers(self) -> Content:
        if self.level.is_clipped:
            return Content.assemble((f"{'TOO LOUD, CLIPPING':>{NUMBERS_WIDTH - 1}}", "bold $error"))
        level = number(self.level.rms_dbfs)
        peak = number(self.held_dbfs)
        return Content.assemble(
            (f"{level:>4} dBFS", "bold"), (f"   peak {peak:>4}   ", "$foreground-muted")
        )


def share(level_dbfs: float) -> float:
    """Position of a level on the bar: 0 at ``LOWEST_DBFS``, 1 at 0 dBFS; not limited."""
    return (level_dbfs - LOWEST_DBFS) / -LOWEST_DBFS


def number(level_dbfs: float) -> str:
    """A level in dBFS as text, rounded; −∞ for digital silence."""
    return "−∞" if level_dbfs <= SILENCE_DBFS else f"{level_dbfs:.0f}".replace("-", "−")


def _merged(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join neighbouring pieces of the same style."""
    merged: list[tuple[str, str]] = []
    for text, style in pieces:
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return merged
