"""When an utterance is over: what a client may ask for, and how that is understood here."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PAUSE_MS = 400
"""Chosen so that a breath does not end a sentence; the service does not publish its own."""
LONGEST_MS = 14_000
"""An utterance this long ends with the piece that makes it so, pause or not: a client whose line
breaks has to send all again that has no final yet. The recogniser cuts pieces after 15 s."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The rule of one session."""

    pause_ms: int | None = DEFAULT_PAUSE_MS
    """Silence after which an utterance is over; None if the client alone says where that is.
    No less than the recogniser needs itself to tell a pause, which is about 300 ms."""

    @classmethod
    def default(cls, *, is_sensitive: bool = False, hint_ms: int = 0) -> Endpoint:
        """The rule for the default classifier, by its sensitivity and its hint (0: none).

        The hint is the longest pause to expect within an utterance. A sensitive classifier ends
        utterances after half of the pause, and so now and then in the middle of one.
        """
        pause_ms = hint_ms or DEFAULT_PAUSE_MS
        return cls(pause_ms // 2 if is_sensitive else pause_ms)

    @property
    def is_ours(self) -> bool:
        """The server says where utterances end."""
        return self.pause_ms is not None

    def is_pause(self, length_ms: int) -> bool:
        """Whether that much silence ends an utterance."""
        return self.pause_ms is not None and length_ms >= self.pause_ms

    def is_too_long(self, length_ms: int) -> bool:
        """Whether an utterance of that length ends without a pause."""
        return self.is_ours and length_ms >= LONGEST_MS


USUAL = Endpoint()
"""The default classifier, if nothing is asked of it."""
AT_ONCE = Endpoint(0)
"""Whatever pause the recogniser tells ends an utterance."""
EXTERNAL = Endpoint(None)
"""The client alone says where an utterance ends."""
