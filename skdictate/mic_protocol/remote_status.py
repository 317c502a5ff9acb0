"""The microphone of another machine: how settings name it, and its status for the screen."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.errors import Problem

REMOTE = "remote"
"""Any sender that connects."""
SSH = "ssh://"
"""We start the sender over SSH."""
FORWARDED = "forwarded:"
"""The microphone is forwarded with the terminal."""


def is_elsewhere(source: str) -> bool:
    """Whether a source in the settings is the microphone of another machine."""
    return source == REMOTE or source.startswith((SSH, FORWARDED))


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """The status of a remote microphone, for the screen."""

    words: str
    is_attached: bool
    """Whether it can be used as soon as a dictation starts."""
    is_coming: bool = False
    """Whether it will become attached by itself."""
    problem: Problem | None = None
    """Why it cannot be used."""
    login: tuple[str, ...] = ()
    """A command that lets the user answer what ssh asks."""
    greeting: str = ""
    """What the remote shell printed, made safe to show."""
