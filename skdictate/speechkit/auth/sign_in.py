"""Signing in with a key: whether it is one, where it is kept, and what would come before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skdictate.errors import ProblemError
from skdictate.speechkit.auth import credential_lookup, keyring_store
from skdictate.speechkit.auth.issuer import KINDS, Issuer, mishap
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.paths import Paths


@dataclass(frozen=True, slots=True)
class KeyStorage:
    """Where a key will be kept; to be said before it is asked for."""

    kept: StoredKey
    absence: str
    """Why no keyring is used; empty if one is."""

    @classmethod
    def at(cls, paths: Paths, *, why_no_keyring: str = "") -> KeyStorage:
        """The keyring if there is one, unless there is a reason for the file; may take its time."""
        return cls(StoredKey(paths), why_no_keyring or keyring_store.absence())

    @property
    def place(self) -> str:
        """In a few words."""
        return f"{self.kept.file}" if self.absence else "the keyring"

    @property
    def words(self) -> str:
        """The same with what is to be known of it."""
        return (
            f"{self.place}, which is not encrypted: {self.absence}" if self.absence else self.place
        )

    def keep(self, text: str) -> None:
        """Keep it.

        Raises:
            ProblemError: keyring or disk do not take it.
        """
        try:
            self.kept.keep(text, in_keyring=not self.absence)
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - a crash would show what its frames hold
            raise ProblemError(mishap(self.place, error)) from None


def issuer_of(text: str, origin: str, wishes: credential_lookup.CredentialOptions) -> Issuer:
    """Who hands out what this text is good for.

    Raises:
        ProblemError: it is no key, no token and no key of a service account.
    """
    try:
        return credential_lookup.of_secret(
            text, origin, credential_lookup.iam_url(wishes.iam_endpoint), wishes.folder_id
        )
    except ProblemError:
        raise
    except Exception as error:  # noqa: BLE001 - a crash would show what its frames hold
        raise ProblemError(mishap(origin, error)) from None


def described(issuer: Issuer) -> str:
    """What it is, with the last characters of it."""
    return f"{KINDS[issuer.kind]} …{issuer.last}" if issuer.last else KINDS[issuer.kind]


def stronger(
    wishes: credential_lookup.CredentialOptions, paths: Paths, environ: Mapping[str, str]
) -> list[str]:
    """The places that are asked before what is kept.

    Raises:
        ProblemError: the settings make no sense.
    """
    kept = StoredKey(paths)
    names: list[str] = []
    for place in credential_lookup.places(wishes, paths, environ):
        if place.file == kept.file:
            return names
        names.append(place.name)
    return names
