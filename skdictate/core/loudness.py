"""What is speech and what is a pause, as far as loudness alone can tell."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.audio import Format, Level

AUDIBLE_DBFS = -45.0
"""Louder than a quiet room: built-in microphones hear speech at about -32 dBFS, a room at -48."""
BELOW_SPEECH_DB = 15.0
"""A moment this far below the speech around it is a pause."""
FALL_DB_PER_S = 0.5
"""How fast the memory of how loud speech was fades."""
PAUSE_S = 0.15
"""Quiet for this long is a pause, not the closed lips of a consonant."""


@dataclass(slots=True)
class Loudness:
    """Follows the level of the newest sound. Positions are samples on the timeline."""

    format: Format
    speech_dbfs: float = AUDIBLE_DBFS
    """How loud speech has been of late."""
    is_audible: bool = False
    """The newest block holds sound that may be speech."""
    quiet_from: int | None = None
    """Where the pause began that the newest block belongs to; None outside a pause."""

    def heard(self, level: Level, start: int, n_samples: int) -> None:
        """A block was captured."""
        fall_db = FALL_DB_PER_S * self.format.seconds(n_samples)
        self.speech_dbfs = max(AUDIBLE_DBFS, self.speech_dbfs - fall_db, level.rms_dbfs)
        self.is_audible = level.rms_dbfs >= AUDIBLE_DBFS
        if level.rms_dbfs >= self.speech_dbfs - BELOW_SPEECH_DB:
            self.quiet_from = None
        elif self.quiet_from is None:
            self.quiet_from = start

    def is_pause(self, position: int) -> bool:
        """Whether a position, not far behind the newest sound, lies in the present pause."""
        if self.quiet_from is None:
            return False
        return position >= self.quiet_from + self.format.samples(PAUSE_S)
