"""What is told in front of what happens behind; apart, since both threads know it, and of one
another nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skdictate.audio.pcm import Level
from skdictate.core.changes import Change
from skdictate.core.status import Status
from skdictate.errors import Problem
from skdictate.mic_protocol.invitation import Invitation
from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.engine import Outcome


@dataclass(frozen=True, slots=True)
class Ready:
    """The settings make sense, and a dictation may begin."""

    source: str
    engine: str
    place: str
    languages: tuple[str, ...]
    is_local: bool
    absence: str = ""
    """Why the microphone is not one of this machine, if the user did not want that."""
    invitation: Invitation | None = None
    """How the microphone of another machine comes here, if one is waited for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No dictation can begin; ``begin`` tries again."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Began:
    """A dictation runs."""

    source: str
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Something has become of the text; it is stored already."""

    change: Change


@dataclass(frozen=True, slots=True)
class Ended:
    """A dictation is over."""

    outcome: Outcome
    dictation_id: int | None
    """Its number in the library, if it is there."""
    note: str = ""
    """What there is to say of its recording, if anything."""
    is_unsaved: bool = False
    """Some of it is only in memory, since the disk has trouble; it is tried again and again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was left of a dictation is saved after all."""

    dictation_id: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake in this program has ended the thread."""

    error: BaseException


WorkerEvent = Broken | Ready | Failed | Began | Changed | Ended | Saved | RemoteStatus


@dataclass(frozen=True, slots=True)
class WorkerView:
    """What the gauges show."""

    status: Status
    level: Level
    held_dbfs: float
    """The held peak."""
    is_paused: bool
    overruns: int
