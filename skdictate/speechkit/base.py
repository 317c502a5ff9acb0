"""What the engine requires of a recogniser: a backend that opens sessions.

Retry, rollover, offsets, replay and timers are not done here but in ``core``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from skdictate.audio.pcm import Format
from skdictate.core.events import Event
from skdictate.core.limits import Limits


class BackendSession(Protocol):
    """One session. Iterate over its events while sending audio."""

    async def send_audio(self, pcm: bytes) -> None:
        """Send samples (s16le); returns when the transport has accepted them."""

    async def send_silence(self, n_samples: int) -> None:
        """Send silence that is not in the recording, to keep the session open."""

    async def end_utterance(self) -> None:
        """End the utterance here."""

    async def finish(self) -> None:
        """Announce that no more audio will come; remaining events are still delivered."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events in order until the session ends normally.

        Raises:
            ProblemError: the session ended abnormally.
        """


class Backend(Protocol):
    """A recogniser."""

    name: str
    """The name shown to the user, such as ``SpeechKit v3`` or ``Moonshine tiny``."""
    limits: Limits
    refines: bool
    """Whether it sends a better text after each final."""
    has_words: bool
    """Whether it sends the times of words."""

    def connect(self, sound: Format) -> AbstractAsyncContextManager[BackendSession]:
        """Open a session, which is cancelled when the context is left.

        Raises:
            ProblemError: it cannot be opened.
        """
