"""What the engine needs of a source."""

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
"""Sound in one block of a file: often enough for a meter, seldom enough for a slow machine."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is heard from here on."""

    name: str
    was: str = ""
    """What was heard until here, if that was something else."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """No sound comes at present, and why; the next block of samples says that it does again."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Mended:
    """Samples that were given before, as they really were; see ``Distant.placed``."""

    start_sample: int
    """Where they lie on the timeline."""
    pcm: bytes


Item = bytes | Missing | Named | Trouble | Mended
"""A block of samples (s16le mono), or what there is to say about them."""


_LONGEST_TITLE = 40


def title(words: Sequence[str]) -> str:
    """A command that records, as the screen names it."""
    whole = clean(shlex.join(words))
    return whole if len(whole) <= _LONGEST_TITLE else f"{whole[: _LONGEST_TITLE - 1]}…"


class Source(Protocol):
    """An async context manager; iterate for blocks of samples at ``format``.

    The end of the iteration is the end of the sound.

    Raises:
        ProblemError: on entering or iterating, if there is no sound to be had.
    """

    format: Format
    is_live: bool
    """It cannot wait: what is not taken in time is lost."""
    is_microphone: bool
    """It may be muted, too quiet or too loud, and can be exchanged."""
    overruns: int
    """How often sound was lost because this machine was too busy to take it."""

    @property
    def name(self) -> str:
        """For the screen."""

    def stop(self) -> None:
        """Deliver what was captured already, and then end."""

    async def __aenter__(self) -> Self:
        """Start capturing."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop capturing at once and let go of the device."""

    def __aiter__(self) -> AsyncIterator[Item]:
        """The blocks, in order."""


class Unopened:
    """A source whose iteration starts what it needs, and ends it."""

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
    """A source that can go on with another device."""

    def switch(self, device: str) -> None:
        """Go on with the one of this name; with the default one if it is empty."""


@runtime_checkable
class RemoteMicSource(Protocol):
    """A source whose sound may come long after it was spoken, from where it was kept meanwhile."""

    @property
    def words(self) -> str:
        """How it stands, for the screen."""

    @property
    def is_expecting(self) -> bool:
        """After ``stop``: sound from before may still come, and is worth waiting for."""

    def pause(self) -> None:
        """What is spoken from now on is not wanted; what was spoken before is, and waits."""

    def resume(self) -> None:
        """What is spoken from now on is wanted again."""

    def placed(self, start_sample: int) -> None:
        """The newest block lies at this position of the timeline."""
