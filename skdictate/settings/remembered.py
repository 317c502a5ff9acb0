"""State that the app keeps from one run to the next, apart from the user's ``config.toml``."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

from skdictate.errors import ProblemError
from skdictate.system import small_file
from skdictate.system.paths import FILE_MODE, Paths, private_folder
from skdictate.text.clean_text import clean


@dataclass(frozen=True, slots=True)
class RememberedMicrophone:
    """A microphone that the user chose; without a name, the system's default."""

    name: str = ""
    """Device name in the audio system."""
    label: str = ""
    """Human-readable name."""


class Remembered:
    """Reads and writes one small file per value in the state folder.

    Errors are ignored: nothing depends on these values.
    """

    def __init__(self, paths: Paths) -> None:
        self._file = paths.state / "microphone"

    @property
    def microphone(self) -> RememberedMicrophone:
        """The microphone chosen last; the default if none was, or the file cannot be read."""
        with suppress(OSError, UnicodeError):
            lines = small_file.read(self._file).decode().splitlines()
            name, label = (clean(line).strip() for line in (*lines, "", "")[:2])
            return RememberedMicrophone(name, label or name)
        return RememberedMicrophone()

    @microphone.setter
    def microphone(self, chosen: RememberedMicrophone) -> None:
        with suppress(OSError, ProblemError):
            private_folder(self._file.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(self._file, flags, FILE_MODE), "w", encoding="utf-8") as file:
                file.write(f"{clean(chosen.name)}\n{clean(chosen.label)}\n")
