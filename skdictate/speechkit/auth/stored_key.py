"""What ``skdictate auth login`` keeps: in the keyring, or else in a file that its user alone reads.

The file is there in both cases and says which, so that no keyring is woken in vain.
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
"""In place of the secret."""


class StoredKey:
    """The one secret that this program keeps."""

    def __init__(self, paths: Paths) -> None:
        self.file: Path = paths.config / "credentials"

    @property
    def is_there(self) -> bool:
        """Something is kept, or in the way."""
        return os.path.lexists(self.file)

    def read(self) -> tuple[str, str]:
        """The secret, and where it is.

        Raises:
            ProblemError: it cannot be had.
        """
        text = read_private(self.file)
        if text.strip() == POINTER:
            return keyring_store.get(), "the keyring"
        return text, f"{self.file}"

    def keep(self, text: str, *, in_keyring: bool) -> None:
        """Keep this secret, and no other.

        Raises:
            ProblemError: keyring or disk do not take it.
        """
        if in_keyring:
            keyring_store.put(text)
        elif self._is_in_keyring():
            keyring_store.remove()
        self._write(POINTER if in_keyring else text)

    def remove(self) -> list[str]:
        """Forget it; the places that had it.

        Raises:
            ProblemError: keyring or disk do not let us.
        """
        places = []
        if self._is_in_keyring():
            keyring_store.remove()
            places.append("the keyring")
        if self.is_there:
            try:
                self.file.unlink()
            except OSError as error:
                raise ProblemError(_unwritten(self.file, error)) from error
            if not places:
                places.append(f"{self.file}")
        return places

    def _is_in_keyring(self) -> bool:
        try:
            return self.is_there and read_private(self.file).strip() == POINTER
        except ProblemError:
            return False

    def _write(self, text: str) -> None:
        """Replace the file whole; at no moment can others read it."""
        try:
            private_folder(self.file.parent)
            private_file.write(self.file, seen(text).strip() + "\n")
        except OSError as error:
            raise ProblemError(_unwritten(self.file, error)) from error


def _unwritten(file: Path, error: OSError) -> Problem:
    detail = f"{file}: {error.strerror}"
    return Problem(Kind.DISK, "The key cannot be kept or removed", detail, is_permanent=True)
