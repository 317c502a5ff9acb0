"""Tells speech from pauses by loudness alone."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

from skdictate.audio.pcm import Format, Level

AUDIBLE_DBFS = -45.0
"""Louder than a quiet room: built-in microphones hear speech at about -32 dBFS, a room at -48."""
BELOW_SPEECH_DB = 15.0
"""Sound this far below the recent level of speech belongs to a pause."""
FALL_DB_PER_S = 0.5
"""How fast the remembered level of speech falls."""
PAUSE_S = 0.15
"""Quiet for this long is a pause, not the closed lips of a consonant."""
SOON_S = 0.4
"""What was settled last may end so long before the quiet after it counts as a pause."""
OFF_S = 0.6
"""What is settled may end so far from where the recogniser says: its error, and the silence that it
counts to the words."""
LONG_S = 0.6
"""A pause of this length is no hesitation within a word, wherever in it one cuts."""
MOST_PAUSES = 20_000
"""Pauses that are remembered; enough for some hours of speech."""


@dataclass(slots=True)
class Loudness:
    """Follows the level of the newest sound. Positions are samples on the timeline."""

    format: Format
    speech_dbfs: float = AUDIBLE_DBFS
    """The recent level of speech."""
    is_audible: bool = False
    """The newest block holds sound that may be speech."""
    quiet_from: int | None = None
    """Where the pause began that the newest block belongs to; None outside a pause."""
    _pauses: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=MOST_PAUSES))
    """Start and end of earlier pauses, for sessions that are catching up."""

    def add_level(self, level: Level, start: int, n_samples: int) -> None:
        """Take the level of the block at samples ``[start, start + n_samples)``."""
        fall_db = FALL_DB_PER_S * self.format.seconds(n_samples)
        self.speech_dbfs = max(AUDIBLE_DBFS, self.speech_dbfs - fall_db, level.rms_dbfs)
        self.is_audible = level.rms_dbfs >= AUDIBLE_DBFS
        if level.rms_dbfs >= self.speech_dbfs - BELOW_SPEECH_DB:
            if self.is_pause(start):
                self._pauses.append((self._pause_from, start))
            self.quiet_from = None
        elif self.quiet_from is None:
            self.quiet_from = start

    def is_pause(self, position: int) -> bool:
        """Whether a position lies in a pause, the present one or an earlier one."""
        if self.quiet_from is not None and position >= self.quiet_from:
            return position >= self._pause_from
        index = bisect_right(self._pauses, position, key=lambda pause: pause[0]) - 1
        return index >= 0 and position <= self._pauses[index][1]

    def pause_near(self, position: int) -> int | None:
        """Where to cut in the long pause near a position that may be ``OFF_S`` off.

        None if no pause there is at least ``LONG_S`` long, or if there are several (the present one
        counts): then it is not known which of them is meant.
        """
        off = self.format.samples(OFF_S)
        short = self.format.samples(PAUSE_S)
        near = [it for it in self._pauses if it[0] - short <= position + off]
        near = [it for it in near if it[1] >= position - off]
        is_quiet = self.quiet_from is not None and self.quiet_from <= position + off
        if (
            is_quiet
            or len(near) != 1
            or near[0][1] - near[0][0] + short < self.format.samples(LONG_S)
        ):
            return None
        first, last = near[0][0] - short, near[0][1]
        margin = (last - first) // 3
        return min(max(position, first + margin), last - margin)

    def last_pause(self, start: int, end: int) -> int | None:
        """Where to cut before ``end`` in a pause that is not over before ``start``.

        In the middle of the last pause of at least ``LONG_S``; without one, of the longest pause.
        None if there is no pause at all.
        """
        short, long = self.format.samples(PAUSE_S), self.format.samples(LONG_S)
        pauses = [(it[0] - short, it[1]) for it in self._pauses if start < it[1] <= end]
        if not pauses:
            return None
        lasting = [it for it in pauses if it[1] - it[0] >= long]
        first, last = lasting[-1] if lasting else max(pauses, key=lambda it: it[1] - it[0])
        return max(start, (first + last) // 2)

    def quiet_samples(self, start: int, end: int) -> int:
        """Samples from ``start`` to the end of the pause that begins within ``SOON_S`` of it.

        0 if there is none; at most ``end - start``.
        """
        latest = start + self.format.samples(SOON_S)
        pauses = [(first, last) for first, last in self._pauses if first <= latest and last > start]
        if self.quiet_from is not None and self._pause_from <= latest:
            pauses.append((self._pause_from, end))
        return min(end, pauses[-1][1]) - start if pauses else 0

    def forget(self, position: int) -> None:
        """Forget the pauses that end before a position."""
        while self._pauses and self._pauses[0][1] < position:
            self._pauses.popleft()

    def speech_samples(self, start: int, end: int) -> int:
        """Samples between two positions that lie in no pause."""
        pauses = [(first, min(last, end)) for first, last in self._pauses if first < end]
        if self.quiet_from is not None and self._pause_from < end:
            pauses.append((self._pause_from, end))
        silent = sum(max(0, last - max(first, start)) for first, last in pauses)
        return max(0, end - start - silent)

    @property
    def _pause_from(self) -> int:
        """Where the present quiet began to be a pause."""
        assert self.quiet_from is not None
        return self.quiet_from + self.format.samples(PAUSE_S)
