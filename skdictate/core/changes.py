"""Changes of a dictation and its transcript, as the core reports them to be stored and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skdictate.core.findings import Finding
from skdictate.core.session_state import SessionState
from skdictate.errors import Problem


@dataclass(frozen=True, slots=True)
class Line:
    """A committed piece of text. Only a refinement may still change its words, never its place."""

    number: int
    """From 1, in the order of the timeline."""
    text: str
    start_sample: int
    end_sample: int
    session_number: int
    is_refined: bool = False
    is_confirmed: bool = True
    """False where the recogniser ended the session without a final for these words."""


class Reason(StrEnum):
    """Why a stretch has no text."""

    UNRECOGNISED = "unrecognised"
    """Recorded, but no recogniser answered; it can be sent again."""
    UNFINISHED = "unfinished"
    """Recorded, but the program was killed before it was recognised; it can be sent again."""
    NOT_CAPTURED = "not captured"
    """The sound itself is missing: the recording holds silence in its place."""
    OVERRUN = "overrun"
    """Not captured, since this machine was too busy to take the sound."""
    NOT_KEPT = "not kept"
    """Captured, but neither the disk nor the memory had room for it."""
    UNREADABLE = "unreadable"
    """Recorded, but it cannot be read back from the disk."""

    @property
    def is_recorded(self) -> bool:
        """Whether the sound was recorded, so that it can still be recognised."""
        return self in (Reason.UNRECOGNISED, Reason.UNFINISHED, Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples ``[start_sample, end_sample)`` without text. A gap is always shown."""

    start_sample: int
    end_sample: int
    reason: Reason
    heard: str = ""
    """The last partial for it, if there was one."""


@dataclass(frozen=True, slots=True)
class PartialChanged:
    """The words after the last committed line, rewritten."""

    stable: str
    """The part that has stopped changing."""
    changing: str
    """The part that may still change."""

    @property
    def text(self) -> str:
        """Both parts."""
        return f"{self.stable} {self.changing}".strip()


@dataclass(frozen=True, slots=True)
class LineCommitted:
    """A line was added, after all others."""

    line: Line


@dataclass(frozen=True, slots=True)
class LineRefined:
    """The text of an earlier line was replaced."""

    line: Line


@dataclass(frozen=True, slots=True)
class LineSettled:
    """No refinement is expected for this line any more; reported once for each line, in order."""

    line: Line


@dataclass(frozen=True, slots=True)
class GapMarked:
    """A gap was added, after all lines so far."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class Settled:
    """All lines and gaps before this position have been reported."""

    end_sample: int


@dataclass(frozen=True, slots=True)
class FindingMade:
    """The recogniser found something beside the text."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The state or the ids of a session have changed."""

    session_number: int
    state: SessionState
    session_id: str = ""
    request_id: str = ""
    problem: Problem | None = None
    """Why it closed; None if it ended normally."""
    billed_s: int = 0
    """Billed seconds, once it is closed."""
    support: str = ""
    """The names that the service gave the request, for its support."""


class Topic(StrEnum):
    """What can be wrong, the gravest first; one problem stands for each at a time.

    ``DISK`` and ``RECOGNISER`` are raised by the engine; ``SOUND`` is for live microphones.
    """

    DISK = "disk"
    RECOGNISER = "recogniser"
    LINK = "link"
    CAPTURE = "capture"
    SEND = "send"
    SOUND = "sound"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class ProblemRaised:
    """Something is wrong, from now until it is cleared."""

    topic: Topic
    problem: Problem
    retry_s: float | None = None
    """When the next try will be made, on the caller's clock."""


@dataclass(frozen=True, slots=True)
class ProblemCleared:
    """It works again."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something went wrong once, and is over; the user should know."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceNamed:
    """The source has a name, or another one than before."""

    name: str
    was: str = ""
    """The name before, if this is a change."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing more will change."""


Change = (
    PartialChanged
    | LineCommitted
    | LineRefined
    | LineSettled
    | GapMarked
    | Settled
    | FindingMade
    | SessionChanged
    | ProblemRaised
    | ProblemCleared
    | Noticed
    | SourceNamed
    | Finished
)
