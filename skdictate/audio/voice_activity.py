"""When nobody speaks: told by how little lies above the noise of the room.

A session that hears silence costs as much as one that hears speech, so silence is not sent for
long. That must not cost a word: what stands out of the noise at all, or is loud, is no silence.
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
        """A block was captured."""
        rise_db = RISE_DB_PER_S * self.format.seconds(n_samples)
        self._noise_dbfs = min(self._noise_dbfs + rise_db, level.rms_dbfs)
        if level.rms_dbfs > min(self._noise_dbfs + ABOVE_NOISE_DB, AUDIBLE_DBFS):
            self.still_from = None
        elif self.still_from is None:
            self.still_from = start

    def is_still(self, head: int) -> bool:
        """Whether nobody speaks, and has not for a while."""
        if self.still_from is None:
            return False
        return head - self.still_from >= self.format.samples(STILL_S)
