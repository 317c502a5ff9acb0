"""The interface of the codecs: what differs between the versions of the API.

Sessions, limits, replay and errors are the same for all versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from skdictate.audio.pcm import Format
from skdictate.core.events import Event

LONGEST_TEXT = 20_000
"""Characters in one answer. A session of five minutes has some five thousand."""


class Codec(Protocol):
    """The messages of one session, in both directions."""

    method: str
    """The gRPC method: ``/package.Service/Method``."""

    def settings(self) -> Any:
        """The first message."""

    def audio(self, pcm: bytes) -> Any:
        """A message with samples (s16le)."""

    def silence(self, n_samples: int) -> Any:
        """A message that stands for this many samples of silence."""

    def end_of_utterance(self) -> Any | None:
        """The message that ends an utterance; None if the version has none."""

    def decode(self, response: Any) -> Iterator[Event]:
        """The events in an answer, in order. Texts are sanitised, times are not checked."""

    @staticmethod
    def pack(request: Any) -> bytes:
        """Serialise a message."""

    @staticmethod
    def unpack(data: bytes) -> Any:
        """Parse an answer.

        Raises:
            ProblemError: it is malformed.
        """


class Options(Protocol):
    """What the user wants of the recogniser, in terms of one version of the API."""

    @property
    def refines(self) -> bool:
        """Whether a better text is sent after each final."""

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        """The codec of a new session; only some versions send ``folder_id`` in a message."""
