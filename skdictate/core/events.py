"""Events: the answers of a recogniser in a session, whatever its API.

Times are milliseconds from the first sample that the session was sent. They are not trusted: they
may be wrong, negative or missing. Texts have passed ``clean``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skdictate.core.findings import Classified, Conversed, Label, Spoken, Summarised


@dataclass(frozen=True, slots=True)
class Word:
    """One word and where it was heard."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Partial:
    """The present text after the last final; it replaces the partial before it."""

    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Final:
    """A text that changes no more, except by a refinement."""

    text: str
    start_ms: int = 0
    end_ms: int = 0
    words: tuple[Word, ...] = ()
    settled_ms: int = 0
    """Everything before this time is settled, as the recogniser reports it; 0 if it does not."""
    index: int | None = None
    """Its number in the session, which a refinement refers to; None if it has none."""
    is_timed: bool = True
    """The times are the recogniser's own; otherwise they are estimated from what had been sent."""
    speaker: str = ""
    """Who said it, where speakers are told apart."""
    languages: tuple[Label, ...] = ()
    """The likeliest first, where languages are told apart."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """A better text for an earlier final."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class EndOfUtterance:
    """The speaker has ended an utterance at this position; its finals came before."""

    time_ms: int


@dataclass(frozen=True, slots=True)
class SessionNamed:
    """The ids that the service gave the session; its support asks for them."""

    session_id: str
    request_id: str = ""
    support: str = ""
    """The names that the service gave the request, as ``x-request-id 1, x-server-trace-id 2``."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """How far the recogniser has come."""

    received_ms: int
    """Audio that has reached it."""
    processed_ms: int
    """Audio that it has worked through."""


class StatusCode(StrEnum):
    """What a recogniser says of itself now and then."""

    WORKING = "working"
    WARNING = "warning"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A sign of life, or a warning."""

    code: StatusCode
    message: str = ""


Event = (
    Partial
    | Final
    | Refinement
    | EndOfUtterance
    | SessionNamed
    | Cursors
    | ServerStatus
    | Classified
    | Conversed
    | Spoken
    | Summarised
)
