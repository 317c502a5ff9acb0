"""A credential: what is shown to the service with each session, and the forms that it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.system.hidden_value import HiddenValue, seen

API_KEY = "Api-Key"
IAM_TOKEN = "Bearer"  # noqa: S105 - the name of a scheme
ANY = "any scheme"
"""The form of the text tells which it is."""
SHOWN = 4
"""Characters at the end of a secret that tell it from others."""
LEAST_HIDDEN = 8
"""Of a secret so short that less than this would stay hidden, nothing is shown."""

_IAM = re.compile(r"t\d\.")
_OAUTH = re.compile(r"y[0-3]_")
_KEY_ID = re.compile(r"aje[a-z0-9]{17}")
"""Ids of keys and accounts; a key itself has 40 characters, upper case among them."""


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A secret and where it came from; the secret shows in no representation."""

    scheme: str
    """``Api-Key`` or ``Bearer``."""
    secret: str
    origin: str
    expires_at: datetime | None = None
    """None if it has no end, or none that is known."""
    folder_id: str = ""
    """The folder that pays; only the token of a person needs one."""
    refused: Callable[[], bool] | None = field(default=None, compare=False)
    """Told that the service does not take it; whether another may be had."""

    def metadata(self) -> tuple[str, str]:
        """The gRPC metadata entry."""
        return "authorization", HiddenValue(f"{self.scheme} ") + self.secret

    @property
    def kind(self) -> str:
        """``api-key`` or ``iam-token``."""
        return "api-key" if self.scheme == API_KEY else "iam-token"

    @property
    def last(self) -> str:
        """The last characters of the secret."""
        return last(self.secret)

    def hidden_in(self, text: str) -> str:
        """A text of somebody who was shown the secret and may repeat it, without it."""
        return text.replace(self.secret, "[the key]")

    def __repr__(self) -> str:
        return f"<{self.kind} …{self.last}>"


def last(secret: str) -> str:
    """The last characters of a secret, if enough others stay hidden."""
    return seen(secret)[-SHOWN:] if len(secret) >= SHOWN + LEAST_HIDDEN else ""


def of_text(text: str, origin: str, scheme: str = ANY, folder_id: str = "") -> Credential:
    """The API key or IAM token that a text is.

    Raises:
        ProblemError: it is neither; the problem does not show it.
    """
    secret = text.strip()
    if not secret:
        raise _damaged(f"{origin} is empty")
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise _damaged(f"{origin} holds a space or a control character")
    if _OAUTH.match(secret):
        raise _other(
            f"{origin} holds an OAuth token, which SpeechKit does not take",
            "Make an API key for a service account, or use --auth yc.",
        )
    if _KEY_ID.fullmatch(secret):
        raise _other(
            f"{origin} holds the id of a key, not the key",
            "The key itself is shown once, when it is made. Make another one.",
        )
    if scheme == IAM_TOKEN or _IAM.match(secret):
        return Credential(IAM_TOKEN, secret, origin, folder_id=folder_id)
    return Credential(API_KEY, secret, origin)


def _damaged(detail: str) -> ProblemError:
    hint = "Copy the key again, without quotes and line breaks."
    return ProblemError(Problem(Kind.CREDENTIALS, "The API key is damaged", detail, hint, True))


def _other(detail: str, hint: str) -> ProblemError:
    return ProblemError(Problem(Kind.CREDENTIALS, "This is no API key", detail, hint, True))
