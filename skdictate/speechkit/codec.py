"""What a version of the API has to tell the backend: its method, its messages, what they mean.

Sessions, limits, replay and errors are the same for all versions, and know none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from skdictate.audio.pcm import Format
from skdictate.core.events import Event

LONGEST_TEXT = 20_000
"""Characters in one answer; a session of five minutes has some five thousand."""


class Codec(Protocol):
    """The messages of one session, in both directions. Messages pass through the backend unseen."""

    method: str
    """As gRPC calls it: ``/package.Service/Method``."""

    def settings(self) -> Any:
        """The first message."""

    def audio(self, pcm: bytes) -> Any:
        """A message of samples (s16le)."""

    def silence(self, n_samples: int) -> Any:
        """A message that stands for so many samples of silence."""

    def end_of_utterance(self) -> Any | None:
        """The message that ends an utterance; None where there is none."""

    def decode(self, response: Any) -> Iterator[Event]:
        """The events in an answer, in order; its texts are cleaned, its times are not trusted."""

    @staticmethod
    def pack(request: Any) -> bytes:
        """A message as it travels."""

    @staticmethod
    def unpack(data: bytes) -> Any:
        """An answer as it came.

        Raises:
            ProblemError: it is none.
        """


class Options(Protocol):
    """What the user wants of the recogniser, in the terms of one version."""

    @property
    def refines(self) -> bool:
        """A better text is sent after each final."""

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        """A new session's messages; ``folder_id`` is for versions that carry it in them."""
