"""The level meter: the loudest sound between two readings, and a peak that is held."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import SILENCE_DBFS, Level

HOLD_S = 1.5
"""A peak is held this long ..."""
FALL_DB_PER_S = 20.0
"""... and then falls at this rate, as on a studio's meter (IEC 60268-18 type)."""


@dataclass(slots=True)
class Meter:
    """Collects the levels of blocks between two calls of ``read``."""

    _rms_dbfs: float = SILENCE_DBFS
    _peak_dbfs: float = SILENCE_DBFS
    _is_clipped: bool = False
    _held_dbfs: float = SILENCE_DBFS
    _held_at_s: float = 0.0

    def add_level(self, level: Level) -> None:
        """Take the level of the next block."""
        self._rms_dbfs = max(self._rms_dbfs, level.rms_dbfs)
        self._peak_dbfs = max(self._peak_dbfs, level.peak_dbfs)
        self._is_clipped = self._is_clipped or level.is_clipped

    def read(self, now_s: float) -> tuple[Level, float]:
        """The loudest level since the last reading, and the held peak in dBFS."""
        level = Level(self._rms_dbfs, self._peak_dbfs, self._is_clipped)
        self._rms_dbfs = self._peak_dbfs = SILENCE_DBFS
        self._is_clipped = False
        fallen_db = max(0.0, now_s - self._held_at_s - HOLD_S) * FALL_DB_PER_S
        if level.peak_dbfs >= self._held_dbfs - fallen_db:
            self._held_dbfs, self._held_at_s = level.peak_dbfs, now_s
            fallen_db = 0.0
        return level, max(SILENCE_DBFS, self._held_dbfs - fallen_db)
