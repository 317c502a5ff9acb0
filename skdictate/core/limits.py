"""How much one session of a recogniser may carry, and when this program moves on to the next.

The server's limits are from the service's documentation: 5 minutes of audio, 10 MB (taken as ten
million bytes, the smaller reading), 5 seconds between two messages. They are counted in audio
handed out, not in time passed.
"""

from __future__ import annotations

from dataclasses import dataclass

SOFT = 0.8
"""Past this share of a limit, move on at the next end of an utterance: 240 s, 8 MB."""
HARD = 0.95
"""Past this share, move on at the last settled position: 285 s, 9.5 MB."""
LAST = 0.985
"""At this share, move on wherever the speaker is: 295.5 s, 9.85 MB."""
REPLAY_S = 30.0
"""The most audio that a planned handover sends twice; a longer utterance is cut instead."""
IDLE = 0.7
"""Past this share of the idle limit, close a link that has nothing to send: 3.5 s."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server allows one session, and how a client should behave towards it."""

    session_s: float = 300.0
    session_bytes: int = 10_000_000
    idle_s: float = 5.0
    catch_up: float = 2.0
    """How many times faster than it was spoken waiting audio may be sent; it is live audio that
    the service expects."""
    unit_s: int = 15
    """Audio is billed in units of this length, rounded up for each session; 0 if nothing is."""

    def share(self, audio_s: float, size_bytes: int) -> float:
        """How much of a session is used: 0 for nothing, 1 at the limit that is nearer."""
        return max(audio_s / self.session_s, size_bytes / self.session_bytes)

    def paid_s(self, audio_s: float) -> float:
        """How much more audio a session of that much may carry without costing more."""
        return self.unit_s - audio_s % self.unit_s if self.unit_s else float("inf")

    def billed_s(self, audio_s: float) -> int:
        """What a session of that much audio is billed as; an empty one costs a unit too."""
        if not self.unit_s:
            return 0
        units = max(1, -int(-audio_s // self.unit_s))
        return units * self.unit_s
