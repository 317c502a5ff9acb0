"""A credential that is sent with each session, and the forms it can have."""

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
"""Tells ``of_text`` to recognise the scheme from the form of the text."""
SHOWN = 4
"""How many characters at the end of a secret are shown, so that users can tell secrets apart."""
LEAST_HIDDEN = 8
"""A secret is shown in part only if at least this many of its characters stay hidden."""

_IAM = re.compile(r"t\d\.")
_OAUTH = re.compile(r"y[0-3]_")
_KEY_ID = re.compile(r"aje[a-z0-9]{17}")
"""The form of key ids and account ids. An API key itself has 40 characters, some of them upper
case."""


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A secret and where it came from. No string representation contains the secret."""

    scheme: str
    """``Api-Key`` or ``Bearer``."""
    secret: str
    origin: str
    expires_at: datetime | None = None
    """None if it does not expire, or if that is not known."""
    folder_id: str = ""
    """The folder that is billed; only the token of a user account needs one."""
    refused: Callable[[], bool] | None = field(default=None, compare=False)
    """To be called when the service refuses the credential; returns whether another can be had."""

    def metadata(self) -> tuple[str, str]:
        """The gRPC metadata entry that carries the credential."""
        return "authorization", HiddenValue(f"{self.scheme} ") + self.secret

    @property
    def kind(self) -> str:
        """``api-key`` or ``iam-token``."""
        return "api-key" if self.scheme == API_KEY else "iam-token"

    @property
    def last(self) -> str:
        """The last characters of the secret, or nothing if it is too short."""
        return last(self.secret)

    def hidden_in(self, text: str) -> str:
        """Remove the secret from a text of a server, which may repeat what it was sent."""
        return text.replace(self.secret, "[the key]")

    def __repr__(self) -> str:
        return f"<{self.kind} …{self.last}>"


def last(secret: str) -> str:
    """The last characters of a secret; empty if too few others would stay hidden."""
    return seen(secret)[-SHOWN:] if len(secret) >= SHOWN + LEAST_HIDDEN else ""


def of_text(text: str, origin: str, scheme: str = ANY, folder_id: str = "") -> Credential:
    """Make a credential from the text of an API key or an IAM token.

    Raises:
        ProblemError: it is neither; the problem does not contain the text.
    """
    secret = text.strip()
    if not secret:
        raise _damaged(f"{origin} is empty")
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise _damaged(f"{origin} holds a space or a control character")
    if _OAUTH.match(secret):
        raise _other(
            f"{origin} holds an OAuth token, which SpeechKit does not accept",
            "Create an API key for a service account, or use --auth yc.",
        )
    if _KEY_ID.fullmatch(secret):
        raise _other(
            f"{origin} holds the id of a key, not the key itself",
            "The key itself is shown only once, when it is created. Create another one.",
        )
    if scheme == IAM_TOKEN or _IAM.match(secret):
        return Credential(IAM_TOKEN, secret, origin, folder_id=folder_id)
    return Credential(API_KEY, secret, origin)


def _damaged(detail: str) -> ProblemError:
    hint = "Copy the key again, without quotes and line breaks."
    return ProblemError(Problem(Kind.CREDENTIALS, "The API key is damaged", detail, hint, True))


def _other(detail: str, hint: str) -> ProblemError:
    return ProblemError(Problem(Kind.CREDENTIALS, "This is not an API key", detail, hint, True))
