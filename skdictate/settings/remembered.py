"""What the app remembers from one run to the next; what the user wrote in settings stays theirs."""

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
    """One that the user chose; without a name, whichever is the default one."""

    name: str = ""
    """What the system calls it."""
    label: str = ""
    """What people call it."""


class Remembered:
    """One small file for each thing. What cannot be kept is forgotten: nothing depends on it."""

    def __init__(self, paths: Paths) -> None:
        self._file = paths.state / "microphone"

    @property
    def microphone(self) -> RememberedMicrophone:
        """The one that was chosen last."""
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
