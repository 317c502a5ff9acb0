"""Which changes of the microphone's name are told: a few at once, and then one every few seconds.

The name of a microphone of another machine is whatever its sender says, as often as it likes. Each
change that is told costs a row on the screen, a line in a log and a place in the library.
"""

from __future__ import annotations

AT_ONCE = 5
"""Changes that are told at once: somebody tries one microphone after the other."""
EVERY_S = 10.0
"""After those, one change is told in so much time; the newest, whatever came between."""


class NameChanges:
    """All times are of one steady clock, in seconds."""

    def __init__(self) -> None:
        self._told = ""
        self._newest = ""
        self._left = float(AT_ONCE)
        self._at_s: float | None = None

    def set_name(self, name: str) -> None:
        """The microphone has this name from now on."""
        self._newest = name

    def next_change(self, now_s: float) -> tuple[str, str] | None:
        """The name that is to be told now and the one that was told before, empty if none was."""
        since_s = 0.0 if self._at_s is None else now_s - self._at_s
        self._left = min(AT_ONCE, self._left + since_s / EVERY_S)
        self._at_s = now_s
        if self._left < 1:
            return None
        return self.last_change()

    def last_change(self) -> tuple[str, str] | None:
        """The same where nothing more will come, so that there is nothing to wait for."""
        if self._newest == self._told:
            return None
        self._left -= 1
        was, self._told = self._told, self._newest
        return self._told, was
