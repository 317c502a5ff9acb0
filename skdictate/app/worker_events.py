"""Events that the worker thread sends to the screen."""

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
    """The settings are valid, and a dictation may begin."""

    source: str
    engine: str
    place: str
    languages: tuple[str, ...]
    is_local: bool
    absence: str = ""
    """Why no microphone of this machine is used, if the user did not ask for a remote one."""
    invitation: Invitation | None = None
    """Commands that connect a remote microphone, if one is waited for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No dictation can begin; ``begin`` tries again."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Began:
    """A dictation has begun."""

    source: str
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The running dictation has changed; the change is already stored."""

    change: Change


@dataclass(frozen=True, slots=True)
class Ended:
    """A dictation is over."""

    outcome: Outcome
    dictation_id: int | None
    """Its number in the library, if it has one."""
    note: str = ""
    """A sentence about its recording, if there is something to report."""
    is_unsaved: bool = False
    """Whether a part is only in memory because of a disk problem; saving is retried."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An unsaved dictation has been saved after all."""

    dictation_id: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """An unexpected exception has ended the thread."""

    error: BaseException


WorkerEvent = Broken | Ready | Failed | Began | Changed | Ended | Saved | RemoteStatus


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A snapshot of the running dictation for the gauges."""

    status: Status
    level: Level
    held_dbfs: float
    """The held peak level."""
    is_paused: bool
    overruns: int
