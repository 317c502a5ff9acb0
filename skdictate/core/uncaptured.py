"""What nobody captured between the microphones of one dictation, so that its time stays true.

One microphone numbers what it captures, and says itself what is missing. But when it is killed and
started again, or another one takes its place, only the clock tells what was spoken meanwhile.
"""

from __future__ import annotations

from collections import deque

LEAST_S = 0.1
"""Two microphones, two clocks and a line: less cannot be told from an error of them."""
MOST_PAUSES = 1000
FOREVER = float("inf")


class UncapturedTime:
    """All times are of one steady clock, in seconds."""

    def __init__(self, began_s: float) -> None:
        self.pauses: deque[tuple[float, float]] = deque(maxlen=MOST_PAUSES)
        """When nothing was wanted; the last may last ``FOREVER``."""
        self._began_s = began_s
        self._end_s: float | None = None
        self._stream: object = None

    def add_sound(self, stream: object, start_s: float, end_s: float) -> float:
        """Sound of a stream follows, captured then.

        Returns:
            How long nothing was captured before it, in seconds; 0 within a stream.
        """
        missing_s = 0.0 if stream is self._stream else self._missing_s(start_s)
        self._stream = stream
        self._end_s = max(end_s, self._end_s or 0.0, self._began_s)
        return missing_s

    def add_missing(self, seconds: float) -> None:
        """The stream itself says that so much is missing at its end."""
        if self._end_s is not None:
            self._end_s += seconds

    def missing_at_end(self, end_s: float) -> float:
        """Sound should have come until then; how much of it did not."""
        return self._missing_s(end_s)

    def _missing_s(self, until_s: float) -> float:
        if self._end_s is None:
            return 0.0  # a dictation begins with its first sound, however long that was waited for
        start_s = self._end_s
        paused_s = sum(
            max(0.0, min(until_s, to_s) - max(start_s, from_s)) for from_s, to_s in self.pauses
        )
        missing_s = until_s - start_s - paused_s
        return missing_s if missing_s >= LEAST_S else 0.0
