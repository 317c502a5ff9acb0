"""The board below the text: level meter and gauges of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from skdictate.audio.pcm import Level
from skdictate.tui.widgets.gauges import Gauges
from skdictate.tui.widgets.level_meter import LevelMeter

if TYPE_CHECKING:
    from skdictate.app.worker_events import WorkerView


class StatusBoard(Vertical):
    """Draws snapshots of the worker thread."""

    def compose(self) -> ComposeResult:
        """The meter, and the gauges below it."""
        yield LevelMeter()
        yield Gauges()

    def show(self, view: WorkerView | None) -> None:
        """Draw a snapshot; zeros without one."""
        level = view.level if view else Level()
        meter = self.query_one(LevelMeter)
        meter.level = level
        meter.held_dbfs = round(view.held_dbfs) if view else level.peak_dbfs
        self.query_one(Gauges).show(view.status if view else None)
