"""What a start finds of earlier dictations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A dictation of which something was recorded and is not recognised."""

    dictation_id: int
    rate_hz: int
    n_samples: int
    n_lines: int
    n_unrecognised: int
    """Samples."""

    @property
    def whole_s(self) -> int:
        """Its length, in whole seconds."""
        return self.n_samples // self.rate_hz

    @property
    def left_s(self) -> int:
        """What is not recognised, in seconds; rounded up, since what is there is never nothing."""
        return -(-self.n_unrecognised // self.rate_hz)


@dataclass(frozen=True, slots=True)
class Found:
    """How things stand at a start."""

    unfinished: tuple[Unfinished, ...] = ()
    """What could be recognised yet, the newest first."""
    n_sounds_removed: int = 0
    """Recordings that had become too old."""
    n_texts_removed: int = 0
    """Dictations that had become too old."""
