"""The level meter: how loud it is now, how loud it was, and whether it is too loud."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.tui.widgets.bar import filled

LOWEST_DBFS = -60.0
"""The left end of the bar: below a quiet room."""
LOUD_DBFS = -12.0
"""Above this a voice is close to being too loud."""
NUMBERS_WIDTH = 25
"""Cells for the numbers on the right."""


class LevelMeter(Widget):
    """A bar in dBFS with the held peak as a mark on it."""

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
    """How far the bar reaches, from 0 to 1."""
    return (level_dbfs - LOWEST_DBFS) / -LOWEST_DBFS


def number(level_dbfs: float) -> str:
    """A level as it is written."""
    return "−∞" if level_dbfs <= SILENCE_DBFS else f"{level_dbfs:.0f}".replace("-", "−")


def _merged(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same with neighbours of one style in one piece."""
    merged: list[tuple[str, str]] = []
    for text, style in pieces:
        if merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return merged
