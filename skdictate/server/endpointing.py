"""Endpointing: after how much silence, or at what length, an utterance ends."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PAUSE_MS = 400
"""The default pause in milliseconds, long enough for a breath in mid-sentence. SpeechKit does not
publish its own value."""
LONGEST_MS = 14_000
"""Milliseconds after which an utterance ends with the current piece, pause or not: after a broken
connection a client has to send everything again that has no final. The recogniser itself cuts a
piece after 15 s."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The rule by which the utterances of one session end."""

    pause_ms: int | None = DEFAULT_PAUSE_MS
    """Milliseconds of silence after which an utterance ends; None if only the client ends
    utterances. A value below 300 acts like 300: the recogniser needs about that long to notice a
    pause."""

    @classmethod
    def default(cls, *, is_sensitive: bool = False, hint_ms: int = 0) -> Endpoint:
        """The rule of SpeechKit's default classifier, by its sensitivity and its hint (0 for none).

        The hint is the longest pause expected within an utterance, in milliseconds. A sensitive
        classifier waits for half the pause, and so sometimes ends an utterance in mid-sentence.
        """
        pause_ms = hint_ms or DEFAULT_PAUSE_MS
        return cls(pause_ms // 2 if is_sensitive else pause_ms)

    @property
    def is_ours(self) -> bool:
        """Whether the server ends utterances."""
        return self.pause_ms is not None

    def is_pause(self, length_ms: int) -> bool:
        """Whether this much silence ends an utterance."""
        return self.pause_ms is not None and length_ms >= self.pause_ms

    def is_too_long(self, length_ms: int) -> bool:
        """Whether an utterance of this length ends without a pause."""
        return self.is_ours and length_ms >= LONGEST_MS


USUAL = Endpoint()
"""SpeechKit's default classifier with default options."""
AT_ONCE = Endpoint(0)
"""Ends an utterance at every pause that the recogniser finds."""
EXTERNAL = Endpoint(None)
"""SpeechKit's external classifier: only the client ends utterances."""
