"""Ends the dictation when the user has fallen silent, if they want that."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.loudness import Loudness
from skdictate.core.effects import Effect, StopSource
from skdictate.core.timeline import Timeline


@dataclass
class AutoStop:
    """Once something was said and understood, long silence is the end."""

    timeline: Timeline
    loudness: Loudness
    effects: list[Effect]
    stop_after_s: float
    """0 for never."""
    silence_from: int = 0
    """Silence before this position is nobody's silence: the source did not run, or was lost."""
    is_armed: bool = False
    """Something was said and understood, and the end was not asked for yet."""

    def check(self) -> None:
        """Ask for the end, once, if it is time."""
        since = self.loudness.quiet_from
        if not (self.stop_after_s > 0 and self.is_armed) or since is None:
            return
        silent = self.timeline.head - max(since, self.silence_from)
        if silent >= self.loudness.format.samples(self.stop_after_s):
            self.stop_after_s = 0.0
            self.effects.append(StopSource())
