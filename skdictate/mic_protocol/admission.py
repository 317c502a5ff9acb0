"""Checks the stream of one sender: accepts each sample once, in order, and nothing impossible.

A sender is anyone who has connected, so what it may claim is limited by the clock: no more sound
than has been spoken since it connected plus what its spool holds, no more missing sound than time
has passed, and not more gaps than a usable machine has: each becomes a row in the library.
"""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.frames import FrameError

SPOOLED_S = 2 * 3600.0
"""Seconds of sound that a sender keeps while it cannot send."""
SLACK_S = 60.0
"""Seconds of tolerance for clock drift and for machines that sleep."""
GAPS, GAPS_PER_S = 100, 2
"""Gaps that are always allowed, and those allowed in addition for each second of the stream."""


class Admission:
    """Positions are samples of the sender's stream; times are seconds of a steady clock."""

    def __init__(self, sound: Format, start: int, now_s: float) -> None:
        self.next = start
        """The first sample that has not arrived."""
        self._start = start
        self._format = sound
        self._met_s = now_s
        self._n_missing = 0
        self._n_gaps = 0

    def admit(self, sample: int, n_samples: int, now_s: float, *, is_gap: bool = False) -> int:
        """Accept samples from a position on, or a gap of that length with ``is_gap``.

        Returns:
            how many of them are new; these are the last ones, as earlier ones arrived before.

        Raises:
            FrameError: samples before them are missing, or there are more than there can be.
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
