"""How it stands at the microphone's end, as words for a person."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import SILENCE_DBFS
from skdictate.errors import Problem

BEHIND_S = 1.0


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """A snapshot."""

    there: str
    """Where the sound goes."""
    label: str
    """The microphone."""
    is_connected: bool
    is_capturing: bool
    is_paused: bool
    kept_s: float
    """Sound that is kept here and not there yet."""
    rough_s: float
    """Sound that is there as Opus alone."""
    lost_s: float
    """Sound that there was no room for."""
    is_opus: bool
    journey_s: float | None
    """From a frame to its acknowledgement, at best."""
    n_tries: int
    """Since the last connection."""
    away_s: float
    level_dbfs: float
    is_silent: bool
    """Nothing but zeros for a while."""
    problem: Problem | None
    refusal: Problem | None = None
    """Why the sound is not taken there, if the line is fine and that is all that is wrong."""

    @property
    def words(self) -> str:
        """All of it in one line."""
        parts = [self._line, self._sound, self._kept]
        return " · ".join(part for part in parts if part)

    @property
    def _line(self) -> str:
        if self.is_connected:
            return f"connected to {self.there}"
        away = f" for {self.away_s:.0f} s" if self.away_s >= 1 else ""
        if self.refusal is not None:  # the line is fine
            why = self.refusal.title
            return f"the line to {self.there} works: {why[:1].lower()}{why[1:]}{away}"
        if self.n_tries == 0:
            return f"connecting to {self.there}"
        return f"no line to {self.there}{away}, try {self.n_tries + 1}"

    @property
    def _sound(self) -> str:
        if not self.is_capturing:
            return f"{self.label} is off" if self.is_connected else ""
        if self.is_paused:
            return "paused there"
        if self.is_silent:
            return f"{self.label} gives nothing but zeros: is it muted?"
        level = "" if self.level_dbfs <= SILENCE_DBFS else f" {self.level_dbfs:.0f} dBFS"
        codec = "Opus" if self.is_opus else "PCM"
        return f"{self.label} is heard{level}, {codec}"

    @property
    def _kept(self) -> str:
        words = []
        if self.kept_s >= BEHIND_S:
            words.append(f"{self.kept_s:.1f} s kept here")
        elif self.is_connected and self.is_capturing and self.journey_s is not None:
            words.append(f"lag {self.journey_s / 2:.2f} s")
        if self.rough_s >= BEHIND_S:
            words.append(f"{self.rough_s:.0f} s to be sent again without loss")
        if self.lost_s:
            words.append(f"{self.lost_s:.1f} s lost, no room here")
        return ", ".join(words)
