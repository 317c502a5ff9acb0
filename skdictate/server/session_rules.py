"""The limits of a session, and the statuses that end a call."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from skdictate.audio.pcm import Format


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The limits of SpeechKit, from section "Limits" of its documentation."""

    session_s: float = 300.0
    session_bytes: float = 10_000_000
    idle_s: float = 5.0
    is_public: bool = False
    """Whether clients other than our own connect. They are served whatever language they ask for,
    and get no answers that a client written for SpeechKit might not expect."""

    def check(self, sound: Format, n_samples: int, size_bytes: int) -> None:
        """Check the audio of a session so far against the limits.

        Raises:
            RefusedError: it has more audio or more data than a session may have.
        """
        if sound.seconds(n_samples) > self.session_s:
            raise session_too_long()
        if size_bytes > self.session_bytes:
            raise RefusedError(TOO_LONG, "Exceeded maximum allowed stream size")


class RefusedError(Exception):
    """Ends a call with a gRPC status."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


TOO_LONG = grpc.StatusCode.OUT_OF_RANGE
"""Documented for sessions over five minutes; what SpeechKit answers above 10 MB is not known."""


def client_idle() -> RefusedError:
    """No message came for too long. The text is SpeechKit's documented one; the code is a guess."""
    text = "Chunks have to be sent with at least one per 5 seconds frequency"
    return RefusedError(grpc.StatusCode.DEADLINE_EXCEEDED, text)


def session_too_long() -> RefusedError:
    """The session has lasted as long as it may."""
    return RefusedError(TOO_LONG, "Exceeded maximum allowed stream duration")


def too_many(what: str) -> RefusedError:
    """The client sent far more items than its sound can need; the code is that of quotas."""
    text = f"Too many {what} for so little sound"
    return RefusedError(grpc.StatusCode.RESOURCE_EXHAUSTED, text)


def answers_unread() -> RefusedError:
    """The client does not read its answers."""
    return RefusedError(grpc.StatusCode.ABORTED, "The answers are not read")


def invalid_request(text: str) -> RefusedError:
    """The request has a value that is not allowed."""
    return RefusedError(grpc.StatusCode.INVALID_ARGUMENT, text)
