"""Detects that nobody speaks: nothing rises above the noise of the room.

A session that is sent silence costs as much as one that is sent speech, so long silence is not
sent. No word may be lost by that: anything that rises above the noise, or is loud, may be speech.
"""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.loudness import AUDIBLE_DBFS
from skdictate.audio.pcm import Format, Level

ABOVE_NOISE_DB = 6.0
"""Sound this far above the noise may be speech, however soft."""
RISE_DB_PER_S = 0.5
"""How fast the noise may seem to grow: a fan is learnt within a minute, a long word is not."""
STILL_S = 3.0
"""Nobody speaks if all was still for this long."""
PREROLL_S = 1.0
"""Speech begins softly: what is heard again begins this long before the first sound."""


@dataclass(slots=True)
class VoiceActivity:
    """Follows the noise of the room. Positions are samples on the timeline."""

    format: Format
    still_from: int | None = None
    """Since when nothing has stood out of the noise; None if the newest block did."""
    _noise_dbfs: float = 0.0

    def add_level(self, level: Level, start: int, n_samples: int) -> None:
        """Take the level of the block at samples ``[start, start + n_samples)``."""
        rise_db = RISE_DB_PER_S * self.format.seconds(n_samples)
        self._noise_dbfs = min(self._noise_dbfs + rise_db, level.rms_dbfs)
        if level.rms_dbfs > min(self._noise_dbfs + ABOVE_NOISE_DB, AUDIBLE_DBFS):
            self.still_from = None
        elif self.still_from is None:
            self.still_from = start

    def is_still(self, head: int) -> bool:
        """Whether nobody has spoken for ``STILL_S`` before ``head``."""
        if self.still_from is None:
            return False
        return head - self.still_from >= self.format.samples(STILL_S)
