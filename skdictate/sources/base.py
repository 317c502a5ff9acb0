"""The interface of a source of sound, as the engine uses it."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.errors import Problem
from skdictate.text.clean_text import clean

BLOCK_MS = 50
"""Milliseconds of sound in one block of a file: enough for a smooth meter, cheap enough for a slow
machine."""


@dataclass(frozen=True, slots=True)
class Named:
    """The device that the following sound is from."""

    name: str
    was: str = ""
    """The previous device, if it was another one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """No sound comes at present, and why; the next block of samples means that it comes again."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class RepairedSamples:
    """Better samples in place of earlier ones; see ``RemoteMicSource.placed``."""

    start_sample: int
    """Their position on the timeline."""
    pcm: bytes


Item = bytes | Missing | Named | Trouble | RepairedSamples
"""A block of samples (s16le mono), or an event."""


_LONGEST_TITLE = 40


def title(words: Sequence[str]) -> str:
    """The name of a recording command for the screen."""
    whole = clean(shlex.join(words))
    return whole if len(whole) <= _LONGEST_TITLE else f"{whole[: _LONGEST_TITLE - 1]}…"


class Source(Protocol):
    """An async context manager; iterate for blocks of samples at ``format``.

    The sound ends with the iteration.

    Raises:
        ProblemError: on entering or iterating, if there is no sound.
    """

    format: Format
    is_live: bool
    """Whether sound that is not read in time is lost."""
    is_microphone: bool
    """Whether it can be muted, too quiet or too loud, and can be switched."""
    overruns: int
    """How often sound was lost because this machine was too busy to read it."""

    @property
    def name(self) -> str:
        """The name for the screen."""

    def stop(self) -> None:
        """Deliver what was captured already, then end."""

    async def __aenter__(self) -> Self:
        """Start capturing."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop capturing at once and release the device."""

    def __aiter__(self) -> AsyncIterator[Item]:
        """The blocks, in order."""


class Unopened:
    """A source that opens and closes what it needs while it is iterated."""

    async def __aenter__(self) -> Self:
        """See ``Source``."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See ``Source``."""


@runtime_checkable
class Switchable(Protocol):
    """A source that can change to another device."""

    def switch(self, device: str) -> None:
        """Continue with the device of this name; with the default one if it is empty."""


@runtime_checkable
class RemoteMicSource(Protocol):
    """A source whose sound may arrive long after it was spoken."""

    @property
    def words(self) -> str:
        """The status for the screen."""

    @property
    def is_expecting(self) -> bool:
        """After ``stop``: whether earlier sound may still arrive and is worth waiting for."""

    def pause(self) -> None:
        """Drop what is spoken from now on; earlier sound is still delivered."""

    def resume(self) -> None:
        """Deliver what is spoken from now on."""

    def set_position(self, start_sample: int) -> None:
        """Tell the source the position of its newest block on the timeline."""
