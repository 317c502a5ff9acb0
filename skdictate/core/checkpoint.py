"""Tells how far the text is whole, for whoever would have to go on without us after a crash."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.voice_activity import PREROLL_S
from skdictate.core.changes import Change, GapMarked, LineCommitted, Settled
from skdictate.core.timeline import Timeline

SETTLE_S = 5.0
"""In silence it is told after so much of it, else with each line."""


@dataclass
class Checkpoint:
    """Positions are samples."""

    timeline: Timeline
    changes: list[Change]
    rate_hz: int
    published: int
    """How far the text is whole, as it was told last."""

    def publish(self) -> None:
        """Say it, after the lines and gaps that make it so."""
        settled = self.timeline.resume_position(round(PREROLL_S * self.rate_hz))
        if settled <= self.published:
            return
        is_far = settled - self.published >= SETTLE_S * self.rate_hz
        if is_far or any(isinstance(it, LineCommitted | GapMarked) for it in self.changes):
            self.published = settled
            self.changes.append(Settled(settled))
