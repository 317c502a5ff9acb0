"""How long sound was on its way, though the clock of its sender is another one.

Sound that came without delay tells how the clocks differ: no later sound is earlier than that.
"""

from __future__ import annotations

WINDOW_S = 60.0
"""The best of this time and of as much before: clocks part by milliseconds a minute."""


class Clocks:
    """Two steady clocks, in seconds: the sender's and ours."""

    def __init__(self) -> None:
        self.travel_s = 0.0
        """How long the quickest sound takes, if somebody has measured it."""
        self._since_s = float("-inf")
        self._best_s = self._best_before_s = float("inf")

    def heard(self, captured_s: float, now_s: float) -> float:
        """Sound has come; how long it was on its way, in seconds."""
        apart_s = now_s - captured_s
        if now_s - self._since_s > WINDOW_S:
            self._since_s = now_s
            self._best_before_s, self._best_s = self._best_s, apart_s
        self._best_s = min(self._best_s, apart_s)
        return apart_s - self._apart_s + self.travel_s

    def ours(self, captured_s: float) -> float:
        """A time of the sender's clock on ours; something must have been heard before."""
        return captured_s + self._apart_s - self.travel_s

    @property
    def _apart_s(self) -> float:
        return min(self._best_s, self._best_before_s)
