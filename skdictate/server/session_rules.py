"""The limits that a session is held to, and the words with which it ends when they are passed."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from skdictate.audio.pcm import Format


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The limits of the service; its documentation names them, section "Limits"."""

    session_s: float = 300.0
    session_bytes: float = 10_000_000
    idle_s: float = 5.0
    is_public: bool = False
    """The clients are not ours: whatever language they ask for, they are served in the one known,
    and nothing is said that a client written for the service might not expect."""

    def check(self, sound: Format, n_samples: int, size_bytes: int) -> None:
        """Hold a session to its limits.

        Raises:
            RefusedError: it has had more audio or more data than a session may have.
        """
        if sound.seconds(n_samples) > self.session_s:
            raise late()
        if size_bytes > self.session_bytes:
            raise RefusedError(TOO_LONG, "Exceeded maximum allowed stream size")


class RefusedError(Exception):
    """Ends a call with a status."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


TOO_LONG = grpc.StatusCode.OUT_OF_RANGE
"""Documented for five minutes; what the service answers to 10 MB is not known."""


def idle() -> RefusedError:
    """Nothing came for too long. The words are documented, the code is not."""
    text = "Chunks have to be sent with at least one per 5 seconds frequency"
    return RefusedError(grpc.StatusCode.DEADLINE_EXCEEDED, text)


def late() -> RefusedError:
    """The session has lasted as long as it may."""
    return RefusedError(TOO_LONG, "Exceeded maximum allowed stream duration")


def many(what: str) -> RefusedError:
    """Work was asked for that no sound could need; the code is that of quotas."""
    text = f"Too many {what} for so little sound"
    return RefusedError(grpc.StatusCode.RESOURCE_EXHAUSTED, text)


def unread() -> RefusedError:
    """The answers pile up."""
    return RefusedError(grpc.StatusCode.ABORTED, "The answers are not read")


def wrong(text: str) -> RefusedError:
    """The client asks for what cannot be."""
    return RefusedError(grpc.StatusCode.INVALID_ARGUMENT, text)
