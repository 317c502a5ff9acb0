"""What the transcript and the dictation became; a shell stores, shows and prints these."""

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
    """The same, since the program was ended before the recogniser had heard it."""
    NOT_CAPTURED = "not captured"
    """The sound itself is missing: the recording holds silence in its place."""
    OVERRUN = "overrun"
    """The same, since this machine was too busy to take the sound."""
    NOT_KEPT = "not kept"
    """The same, since neither the disk nor the memory had room for it."""
    UNREADABLE = "unreadable"
    """It was recorded, and the disk does not give it back."""

    @property
    def is_recorded(self) -> bool:
        """The sound was recorded, so that the stretch can be recognised yet."""
        return self in (Reason.UNRECOGNISED, Reason.UNFINISHED, Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that no recogniser answered for. It is shown, never hidden."""

    start_sample: int
    end_sample: int
    reason: Reason
    heard: str = ""
    """The last guess for it, if there was one."""


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
    """No refinement is to be expected for this line; said once for each line, in order."""

    line: Line


@dataclass(frozen=True, slots=True)
class GapMarked:
    """A gap was added, after all lines so far."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything before this position has its lines and gaps: they were said before this."""

    end_sample: int


@dataclass(frozen=True, slots=True)
class FindingMade:
    """The recogniser found something beside the text."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A link has moved on."""

    session_number: int
    state: SessionState
    session_id: str = ""
    request_id: str = ""
    problem: Problem | None = None
    """Why it closed, if not because it was done."""
    billed_s: int = 0
    """What it has cost, once it is closed."""
    support: str = ""
    """The names that the service gave the request, for its support."""


class Topic(StrEnum):
    """What can be wrong, the gravest first; one problem stands for each at a time.

    ``DISK`` and ``RECOGNISER`` are for the shell; ``SOUND`` is for live microphones.
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
    """What is heard has a name, or another one than before."""

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
