"""Who hands out credentials: one that never changes, or a new one before the old one ends."""

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
"""What a credential is or comes from, in words."""
USED_UP = 0.8
"""The part of its life after which a token is replaced."""
UNKNOWN_LIFE_S = 3600.0
"""What is assumed of a token that does not tell: they live for up to twelve hours."""
YOUNG_S = 60.0
"""A token that is refused at this age was no good from the beginning."""
AGAIN_S = 30.0
"""If it cannot be replaced while it is still valid, that is tried again after this."""


def mishap(origin: str, error: Exception) -> Problem:
    """A mistake of this program or a library, told without what it was made with."""
    detail = f"{origin}: {type(error).__name__}"
    return Problem(Kind.CREDENTIALS, "Signing in has failed", detail, "", is_permanent=True)


class Issuer(Protocol):
    """Asked for a credential before each session."""

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""

    @property
    def origin(self) -> str:
        """Where it is configured: a variable, a file, a setting."""

    @property
    def last(self) -> str:
        """The last characters of the secret, if there is one already."""

    @property
    def folder_id(self) -> str:
        """The folder that pays; empty for a service account, which has one of its own."""

    async def credential(self) -> Credential:
        """One that is valid now.

        Raises:
            ProblemError: there is none to be had; permanent if it will stay so.
        """


class Fixed:
    """A secret that is what it is."""

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
    """A token that somebody issues, asked for when it is needed and again when it grows old.

    Args:
        kind: what issues it.
        origin: where that is configured.
        ask: asks for a token; raises ``ProblemError``.
        last: of the secret that it is got with, if there is one.
        folder_id: the folder that pays, if a person may be behind the token.
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
                self._current = await self._renewed(self._current)
            return self._current

    async def _renewed(self, old: Credential | None) -> Credential:
        """Another; the old one while that cannot be had and this one is still valid."""
        try:
            credential = await self._ask()
        except ProblemError:
            if old is None or old.expires_at is None:
                raise
            if self._clock() >= old.expires_at.timestamp():
                raise
            self._renew_s = min(self._clock() + AGAIN_S, old.expires_at.timestamp())
            return old
        except Exception as error:  # noqa: BLE001 - a crash would show what its frames hold
            raise ProblemError(mishap(self.origin, error)) from None
        self._asked_s = self._clock()
        self._renew_s = self._asked_s + USED_UP * self._life_s(credential)
        return replace(credential, refused=lambda: self._refused(credential.secret))

    def _life_s(self, credential: Credential) -> float:
        if credential.expires_at is not None:
            return credential.expires_at.timestamp() - self._asked_s
        return float("inf") if credential.scheme == API_KEY else UNKNOWN_LIFE_S

    def _refused(self, secret: str) -> bool:
        """The service does not take it; ask for another, unless it was a new one."""
        if self._current is None or self._current.secret != secret:
            return True  # it was given up already
        if self._clock() - self._asked_s < YOUNG_S:
            return False
        self._current = None
        return True
