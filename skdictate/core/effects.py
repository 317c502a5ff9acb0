"""Effects: what the core asks the engine to do, in the order given."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Open:
    """Open a session; the engine answers with ``session_opened`` or ``session_closed``."""

    session_number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send samples ``[start_sample, end_sample)``; answered with ``sent`` when they are taken."""

    session_number: int
    start_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class SendSilence:
    """Send digital silence, which is not in the recording, to keep the session open."""

    session_number: int
    n_samples: int


@dataclass(frozen=True, slots=True)
class EndUtterance:
    """Tell the recogniser that the utterance ends here."""

    session_number: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Half-close the session: no more audio follows, and its results are still read."""

    session_number: int
    why: str = field(default="", compare=False)
    """Why another session follows, in words for a log; empty where the sound has ended."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Cancel the session at once; later events of it are ignored."""

    session_number: int


@dataclass(frozen=True, slots=True)
class StopSource:
    """Stop capturing, as if the user asked; answered with ``stop`` when the source has ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """The dictation has ended, and all that will be committed has been."""


Effect = Open | Send | SendSilence | EndUtterance | Finish | Drop | StopSource | Done
