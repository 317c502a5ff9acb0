"""The status of a sender, and its text for the user."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import SILENCE_DBFS
from skdictate.errors import Problem

BEHIND_S = 1.0


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """A snapshot of the status."""

    there: str
    """The name of the app's machine."""
    label: str
    """The name of the microphone."""
    is_connected: bool
    is_capturing: bool
    is_paused: bool
    kept_s: float
    """Seconds of sound kept here and not recorded yet."""
    rough_s: float
    """Seconds of sound that the app has only as Opus."""
    lost_s: float
    """Seconds of sound for which there was no room."""
    is_opus: bool
    journey_s: float | None
    """The smallest round trip of a frame and its acknowledgement, in seconds."""
    n_tries: int
    """Failed attempts since the last connection."""
    away_s: float
    level_dbfs: float
    is_silent: bool
    """Whether there was nothing but zeros for some time."""
    problem: Problem | None
    refusal: Problem | None = None
    """Why the app refuses the sound, if the connection itself works."""

    @property
    def words(self) -> str:
        """The status in one line."""
        parts = [self._line, self._sound, self._kept]
        return " · ".join(part for part in parts if part)

    @property
    def _line(self) -> str:
        if self.is_connected:
            return f"connected to {self.there}"
        away = f" for {self.away_s:.0f} s" if self.away_s >= 1 else ""
        if self.refusal is not None:  # the connection works
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
