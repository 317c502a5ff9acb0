"""What the core asks its shell to do; each is done in the order given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """Open a link to the recogniser; answer with ``session_opened``, or with ``session_closed``."""

    session_number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send this stretch of the recording; answer with ``sent`` when the transport took it."""

    session_number: int
    start_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class SendSilence:
    """Send this much digital silence, which is not in the recording, to keep the session."""

    session_number: int
    n_samples: int


@dataclass(frozen=True, slots=True)
class EndUtterance:
    """Tell the recogniser that the utterance ends here."""

    session_number: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Half-close: no more audio will come, keep reading."""

    session_number: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Cancel the link at once; nothing more that it says matters."""

    session_number: int


@dataclass(frozen=True, slots=True)
class StopSource:
    """Capture no more, as the user would say; answer with ``stop`` when the source has ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """The dictation has ended, and all that will be committed has been."""


Effect = Open | Send | SendSilence | EndUtterance | Finish | Drop | StopSource | Done
