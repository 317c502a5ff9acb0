"""What the engine needs of a recogniser: a backend that connects, and links.

Retry, rollover, offsets, replay and timers never live here; see ``core``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from skdictate.audio.pcm import Format
from skdictate.core.events import Event
from skdictate.core.limits import Limits


class BackendSession(Protocol):
    """One session. Iterate for what the recogniser says, while sending."""

    async def send_audio(self, pcm: bytes) -> None:
        """Send samples (s16le); returns when the transport took them."""

    async def send_silence(self, n_samples: int) -> None:
        """Send silence that is in no recording, so that the session is kept; takes as long."""

    async def end_utterance(self) -> None:
        """Say that the utterance ends here."""

    async def finish(self) -> None:
        """Say that no more audio will come; what the recogniser says is still read."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Events in order; ends when the session ended in good order.

        Raises:
            ProblemError: it ended otherwise.
        """


class Backend(Protocol):
    """A recogniser that can be connected to."""

    name: str
    """For the screen: SpeechKit v3, Moonshine tiny ..."""
    limits: Limits
    refines: bool
    """It sends a better text after each final."""
    has_words: bool
    """It tells where each word is."""

    def connect(self, sound: Format) -> AbstractAsyncContextManager[BackendSession]:
        """Open a session; it is cancelled when the context is left.

        Raises:
            ProblemError: it cannot be opened.
        """
