"""What the engine needs of a source."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from skdictate.core.audio import Format

BLOCK_MS = 50
"""Sound in one block of a file: often enough for a meter, seldom enough for a slow machine."""


class Source(Protocol):
    """An async context manager; iterate for blocks of samples (s16le mono, at ``format``).

    The end of the iteration is the end of the sound.

    Raises:
        ProblemError: on entering or iterating, if there is no sound to be had.
    """

    name: str
    """For the screen."""
    format: Format
    is_live: bool
    """It cannot wait: what is not taken in time is lost."""
    overruns: int
    """Blocks that were lost because nobody took them."""

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

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks."""
