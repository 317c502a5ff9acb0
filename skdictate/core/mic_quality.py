"""Judges what a microphone gives, while it can still be mended: muted, too quiet, too loud."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.core.changes import Topic
from skdictate.core.watchdogs import Watchdogs
from skdictate.errors import Kind, Problem

MUTED_S = 1.5
"""Digital silence for this long: a microphone that listens always hears some noise."""
MUTED_MOST_S = 12.0
"""The same for one that goes silent between the words by itself, as noise gates do."""
QUIET_S = 5.0
"""A beginning this long in which nothing was louder than ..."""
QUIET_DBFS = -55.0
"""... this: speech is at about -32 on a built-in microphone, a room at -48."""
CLIPPED_TIMES = 3
"""Clipped blocks, close to each other, that are no accident."""
CLIPPED_S = 3.0
"""How close, and how long the sound must be clean to be called so again."""

MUTED = Problem(
    Kind.MICROPHONE,
    "The microphone is muted",
    "It delivers nothing but digital silence",
    "Unmute it, on the device or in the sound settings, or choose another one.",
)
QUIET = Problem(
    Kind.MICROPHONE,
    "The microphone is very quiet",
    f"Nothing so far was louder than {QUIET_DBFS:.0f} dBFS",
    "Speak, raise its level in the sound settings, or choose another one.",
)
CLIPPED = Problem(
    Kind.MICROPHONE,
    "The microphone is too loud",
    "The sound is clipped, which spoils words",
    "Lower its level in the sound settings, or move away from it.",
)


@dataclass(slots=True)
class MicQuality:
    """Raises ``Topic.SOUND`` on a watch; time is that of the sound."""

    watchdogs: Watchdogs
    _heard_s: float = 0.0
    _silent_s: float = 0.0
    _muted_after_s: float = MUTED_S
    _is_muted: bool = False
    _has_been_audible: bool = False
    _n_clipped: int = 0
    _clean_s: float = 0.0

    def restart(self) -> None:
        """Another microphone is listened to."""
        self._heard_s = self._silent_s = self._clean_s = 0.0
        self._muted_after_s = MUTED_S
        self._has_been_audible = self._is_muted = False
        self._n_clipped = 0
        self.watchdogs.clear(Topic.SOUND)

    def add_level(self, level: Level, duration_s: float) -> None:
        """A block was captured."""
        self._heard_s += duration_s
        self._check_silence(level, duration_s)
        self._check_clipping(level, duration_s)
        self._has_been_audible = self._has_been_audible or level.rms_dbfs >= QUIET_DBFS
        problem = self._judge()
        if problem is None:
            self.watchdogs.clear(Topic.SOUND)
        else:
            self.watchdogs.raise_(Topic.SOUND, problem)

    def _judge(self) -> Problem | None:
        if self._is_muted:
            return MUTED
        if self._n_clipped >= CLIPPED_TIMES:
            return CLIPPED
        if self._heard_s >= QUIET_S and not self._has_been_audible:
            return QUIET
        return None

    def _check_silence(self, level: Level, duration_s: float) -> None:
        if level.peak_dbfs <= SILENCE_DBFS:
            self._silent_s += duration_s
            self._is_muted = self._is_muted or self._silent_s >= self._muted_after_s
            return
        if self._is_muted:
            self._muted_after_s = min(2 * self._muted_after_s, MUTED_MOST_S)
            self._heard_s = 0.0
        self._silent_s = 0.0
        self._is_muted = False

    def _check_clipping(self, level: Level, duration_s: float) -> None:
        self._clean_s += duration_s
        if level.is_clipped:
            self._n_clipped += 1
            self._clean_s = 0.0
        elif self._clean_s >= CLIPPED_S:
            self._n_clipped = 0
