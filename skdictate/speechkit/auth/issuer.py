"""Issuers hand out credentials: one that never changes, or tokens that are renewed in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.credential import API_KEY, Credential

KINDS = {
    "api-key": "an API key",
    "iam-token": "an IAM token",
    "service-account": "the key of a service account",
    "command": "a command",
    "metadata": "the metadata service",
    "yc": "yc",
}
"""The names of the kinds of credentials for users."""
RENEWAL_FRACTION = 0.8
"""The fraction of a token's life after which it is renewed."""
UNKNOWN_LIFE_S = 3600.0
"""The life in seconds assumed for a token without an expiry; IAM tokens live up to twelve hours."""
YOUNG_S = 60.0
"""A token refused at this age in seconds was not expired but invalid from the start."""
RETRY_S = 30.0
"""Seconds between attempts to renew a token that is still valid."""


def unexpected_problem(origin: str, error: Exception) -> Problem:
    """A problem for an unexpected error.

    Its message is left out, because it could hold the secret.
    """
    detail = f"{origin}: {type(error).__name__}"
    return Problem(Kind.CREDENTIALS, "Signing in failed", detail, "", is_permanent=True)


class Issuer(Protocol):
    """Asked for a credential before each session."""

    @property
    def kind(self) -> str:
        """One of the keys of ``KINDS``."""

    @property
    def origin(self) -> str:
        """Where it is configured: a variable, a file, or a setting."""

    @property
    def last(self) -> str:
        """The last characters of the secret, if it is known already."""

    @property
    def folder_id(self) -> str:
        """The folder that is billed; empty for a service account, which belongs to one."""

    async def credential(self) -> Credential:
        """A credential that is valid now.

        Raises:
            ProblemError: none is available; permanent if trying again cannot help.
        """


class Fixed:
    """A credential that never changes."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self.kind = credential.kind
        self.origin = credential.origin
        self.last = credential.last
        self.folder_id = credential.folder_id

    async def credential(self) -> Credential:
        """See ``Issuer``."""
        return self._credential


class Renewed:
    """A token that is fetched when it is first needed, and again before it expires.

    Args:
        kind: one of the keys of ``KINDS``.
        origin: where it is configured.
        ask: fetches a token; raises ``ProblemError``.
        last: the last characters of the secret that is exchanged for tokens, if there is one.
        folder_id: the folder that is billed, if the token may be that of a user account.
        clock: the time of day in seconds, for tests.
    """

    def __init__(
        self,
        kind: str,
        origin: str,
        ask: Callable[[], Awaitable[Credential]],
        *,
        last: str = "",
        folder_id: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.kind = kind
        self.origin = origin
        self.last = last
        self.folder_id = folder_id
        self._ask = ask
        self._clock = clock
        self._lock = asyncio.Lock()
        self._current: Credential | None = None
        self._asked_s = 0.0
        self._renew_s = 0.0

    async def credential(self) -> Credential:
        """See ``Issuer``."""
        async with self._lock:
            if self._current is None or self._clock() >= self._renew_s:
                self._current = await self._renew(self._current)
            return self._current

    async def _renew(self, old: Credential | None) -> Credential:
        """Fetch a new token; returns the old one if that fails while the old one is still valid."""
        try:
            credential = await self._ask()
        except ProblemError:
            if old is None or old.expires_at is None:
                raise
            if self._clock() >= old.expires_at.timestamp():
                raise
            self._renew_s = min(self._clock() + RETRY_S, old.expires_at.timestamp())
            return old
        except Exception as error:  # noqa: BLE001 - a traceback could show secrets in its frames
            raise ProblemError(unexpected_problem(self.origin, error)) from None
        self._asked_s = self._clock()
        self._renew_s = self._asked_s + RENEWAL_FRACTION * self._life_s(credential)
        return replace(credential, refused=lambda: self._handle_refusal(credential.secret))

    def _life_s(self, credential: Credential) -> float:
        if credential.expires_at is not None:
            return credential.expires_at.timestamp() - self._asked_s
        return float("inf") if credential.scheme == API_KEY else UNKNOWN_LIFE_S

    def _handle_refusal(self, secret: str) -> bool:
        """Drop a refused token. False if it was new, so that asking for another cannot help."""
        if self._current is None or self._current.secret != secret:
            return True  # it was replaced already
        if self._clock() - self._asked_s < YOUNG_S:
            return False
        self._current = None
        return True
