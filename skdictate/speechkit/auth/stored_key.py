"""The key that ``skdictate auth login`` stores.

In the keyring, or in a file that only its user reads.

The file exists in both cases and says which it is, so that the keyring is not unlocked needlessly.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth import keyring_store
from skdictate.speechkit.auth.secret_files import read_private
from skdictate.system import private_file
from skdictate.system.hidden_value import seen
from skdictate.system.paths import Paths, private_folder

POINTER = json.dumps({"kept_in": "keyring"})
"""The content of the file if the secret is in the keyring."""


class StoredKey:
    """The one secret that this program stores."""

    def __init__(self, paths: Paths) -> None:
        self.file: Path = paths.config / "credentials"

    @property
    def is_there(self) -> bool:
        """Whether something is stored, or is in the way."""
        return os.path.lexists(self.file)

    def read(self) -> tuple[str, str]:
        """Return the secret and the name of its place.

        Raises:
            ProblemError: it cannot be read.
        """
        text = read_private(self.file)
        if text.strip() == POINTER:
            return keyring_store.get(), "the keyring"
        return text, f"{self.file}"

    def store(self, text: str, *, in_keyring: bool) -> None:
        """Store this secret in place of any other.

        Raises:
            ProblemError: the keyring or the disk does not accept it.
        """
        if in_keyring:
            keyring_store.put(text)
        elif self._is_in_keyring():
            keyring_store.remove()
        self._write(POINTER if in_keyring else text)

    def remove(self) -> list[str]:
        """Delete the secret and return the names of the places that had it.

        Raises:
            ProblemError: the keyring or the disk does not allow it.
        """
        places = []
        if self._is_in_keyring():
            keyring_store.remove()
            places.append("the keyring")
        if self.is_there:
            try:
                self.file.unlink()
            except OSError as error:
                raise ProblemError(_not_changed(self.file, error)) from error
            if not places:
                places.append(f"{self.file}")
        return places

    def _is_in_keyring(self) -> bool:
        try:
            return self.is_there and read_private(self.file).strip() == POINTER
        except ProblemError:
            return False

    def _write(self, text: str) -> None:
        """Replace the file atomically; others cannot read it at any moment."""
        try:
            private_folder(self.file.parent)
            private_file.write(self.file, seen(text).strip() + "\n")
        except OSError as error:
            raise ProblemError(_not_changed(self.file, error)) from error


def _not_changed(file: Path, error: OSError) -> Problem:
    detail = f"{file}: {error.strerror}"
    return Problem(Kind.DISK, "The stored key cannot be changed", detail, is_permanent=True)
