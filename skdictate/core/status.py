"""A snapshot of a dictation, for gauges to draw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skdictate.core.changes import ProblemRaised
from skdictate.core.limits import Limits


class Phase(StrEnum):
    """What the dictation does, as one word for the screen."""

    WAITING = "waiting"
    """No sound has come yet."""
    CONNECTING = "connecting"
    LISTENING = "listening"
    CATCHING_UP = "catching up"
    """Sound was recorded faster than it was sent, and the rest is on its way."""
    RECONNECTING = "reconnecting"
    BLOCKED = "blocked"
    """Recording goes on; recognition waits for a person to mend something."""
    PAUSED = "paused"
    FINISHING = "finishing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SessionGauge:
    """The newest session of the recogniser, against its limits."""

    number: int
    audio_s: float
    size_bytes: int
    since_message_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the screen tells of a dictation besides its text."""

    phase: Phase
    recorded_s: float
    """Audio captured."""
    unsent_s: float
    """Audio captured that the recogniser was not sent yet."""
    unsettled_s: float
    """Audio captured that has neither text nor gap yet."""
    limits: Limits
    session: SessionGauge | None
    """None before the first session and between two."""
    n_sessions: int
    billed_s: int
    n_lines: int
    retry_in_s: float | None
    """Until the next try to connect."""
    problems: tuple[ProblemRaised, ...]
