"""Signing in with a key: checking it, storing it, and finding credentials that take precedence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skdictate.errors import ProblemError
from skdictate.speechkit.auth import credential_lookup, keyring_store
from skdictate.speechkit.auth.issuer import KINDS, Issuer, unexpected_problem
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.paths import Paths


@dataclass(frozen=True, slots=True)
class KeyStorage:
    """Where a key will be stored; shown to the user before asking for the key."""

    stored: StoredKey
    absence: str
    """Why the keyring is not used; empty if it is."""

    @classmethod
    def at(cls, paths: Paths, *, why_no_keyring: str = "") -> KeyStorage:
        """The keyring if there is one and ``why_no_keyring`` is empty, else the file. May block."""
        return cls(StoredKey(paths), why_no_keyring or keyring_store.absence())

    @property
    def place(self) -> str:
        """The place in a few words."""
        return f"{self.stored.file}" if self.absence else "the keyring"

    @property
    def description(self) -> str:
        """The place together with what the user has to know about it."""
        return (
            f"{self.place}, which is not encrypted: {self.absence}" if self.absence else self.place
        )

    def store(self, text: str) -> None:
        """Store a key.

        Raises:
            ProblemError: the keyring or the disk does not accept it.
        """
        try:
            self.stored.store(text, in_keyring=not self.absence)
        except ProblemError:
            raise
        except Exception as error:  # noqa: BLE001 - a traceback could show secrets in its frames
            raise ProblemError(unexpected_problem(self.place, error)) from None


def issuer_of(text: str, origin: str, options: credential_lookup.CredentialOptions) -> Issuer:
    """The issuer for the text of a key, to try it out before it is stored.

    Raises:
        ProblemError: the text is no key, no token, and no key of a service account.
    """
    try:
        return credential_lookup.of_secret(
            text, origin, credential_lookup.iam_url(options.iam_endpoint), options.folder_id
        )
    except ProblemError:
        raise
    except Exception as error:  # noqa: BLE001 - a traceback could show secrets in its frames
        raise ProblemError(unexpected_problem(origin, error)) from None


def describe(issuer: Issuer) -> str:
    """The kind of credential in words, with the last characters of the secret."""
    return f"{KINDS[issuer.kind]} …{issuer.last}" if issuer.last else KINDS[issuer.kind]


def names_with_precedence(
    options: credential_lookup.CredentialOptions, paths: Paths, environ: Mapping[str, str]
) -> list[str]:
    """The names of the places that take precedence over the stored key.

    Raises:
        ProblemError: the settings are invalid.
    """
    stored = StoredKey(paths)
    names: list[str] = []
    for source in credential_lookup.sources(options, paths, environ):
        if source.file == stored.file:
            return names
        names.append(source.name)
    return names
