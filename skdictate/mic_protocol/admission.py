"""What comes of one sender's stream: each sample once, in order, and nothing that cannot be.

A sender is whoever has connected. So what it may claim is bounded by the clock: no more sound than
time has passed since it was met and than a spool holds, no more missing than time has passed, and
not more holes than a machine has that can be listened to: each is a row in the library.
"""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.frames import FrameError

SPOOLED_S = 2 * 3600.0
"""A sender keeps as much while it cannot send."""
SLACK_S = 60.0
"""Clocks part, and a machine sleeps."""
GAPS, GAPS_PER_S = 100, 2
"""Holes in a stream: so many at once, and so many in each second of it."""


class Admission:
    """Positions are samples of the stream."""

    def __init__(self, sound: Format, start: int, now_s: float) -> None:
        self.next = start
        """The first sample that is not here yet."""
        self._start = start
        self._format = sound
        self._met_s = now_s
        self._n_missing = 0
        self._n_gaps = 0

    def admit(self, sample: int, n_samples: int, now_s: float, *, is_gap: bool = False) -> int:
        """So many samples from a position on, or so many that are missing there.

        Returns:
            How many of them are new: the last ones. What was here already is not wanted twice.

        Raises:
            FrameError: there is a hole before them, or there cannot be so many.
        """
        if sample > self.next:
            raise FrameError(f"sample {sample} where {self.next} was due")
        n_new = max(0, sample + n_samples - self.next)
        known_s = now_s - self._met_s + SLACK_S
        n_missing = self._n_missing + n_new * is_gap
        if n_missing > self._format.samples(known_s):
            raise FrameError(f"{n_missing} samples missing in {known_s - SLACK_S:.0f} seconds")
        n_gaps = self._n_gaps + (is_gap and n_new > 0)
        lasts_s = self._format.seconds(self.next + n_new - self._start)
        if n_gaps > GAPS + GAPS_PER_S * lasts_s:
            raise FrameError(f"{n_gaps} gaps in {lasts_s:.0f} seconds")
        if self.next + n_new - self._start > self._format.samples(known_s + SPOOLED_S):
            raise FrameError(f"more sound than {known_s - SLACK_S + SPOOLED_S:.0f} seconds have")
        self._n_missing = n_missing
        self._n_gaps = n_gaps
        self.next += n_new
        return n_new
