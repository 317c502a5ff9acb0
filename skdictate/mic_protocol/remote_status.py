"""A microphone of another machine: how a source is told to be one, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.errors import Problem

REMOTE = "remote"
"""Whoever comes."""
SSH = "ssh://"
"""We go there."""
FORWARDED = "forwarded:"
"""It comes with the terminal."""


def is_elsewhere(source: str) -> bool:
    """Whether a source, as the settings name it, is a microphone of another machine."""
    return source == REMOTE or source.startswith((SSH, FORWARDED))


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """For the screen."""

    words: str
    is_attached: bool
    """It can be heard as soon as a dictation wants it."""
    is_coming: bool = False
    """It will be soon, by itself."""
    problem: Problem | None = None
    """Why it cannot."""
    login: tuple[str, ...] = ()
    """What the user can run in the terminal to be asked whatever ssh wants to know."""
    greeting: str = ""
    """What the shell there has printed beside, made safe to show."""
