"""``config.toml`` changed a key at a time: comments, order and whatever else is in it stay.

It is read again for each change, since its user may have it open in an editor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Comment, Trivia

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import broken, read
from skdictate.system import private_file, small_file

Document = tomlkit.TOMLDocument


class ConfigFile:
    """The file of the user's settings; it need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, value: Any) -> None:
        """Write this value, in the place of another one if there is one.

        Args:
            name: of the setting.
            value: a text, a number, a switch, or several texts.

        Raises:
            ProblemError: the file is broken, or cannot be written; it is as it was.
        """
        self._change(lambda document: _put(document, name, value))

    def drop(self, name: str) -> None:
        """Take the key out; a comment beside it stays.

        Raises:
            ProblemError: the file is broken, or cannot be written; it is as it was.
        """
        if name in read(self.path):
            self._change(lambda document: _drop(document, name))

    def _change(self, change: Callable[[Document], None]) -> None:
        read(self.path)  # what is broken is told as it is when the program starts
        try:
            target = self.path.resolve()  # a link stays one, as those want who keep such files
            text = small_file.read(target).decode() if target.exists() else ""
            document = tomlkit.parse(text)
            change(document)
            _check_rights(target)
            private_file.write(target, document.as_string())
        except TOMLKitError as error:
            raise ProblemError(broken(self.path, str(error))) from error
        except (OSError, RuntimeError) as error:
            detail = getattr(error, "strerror", None) or str(error)
            raise ProblemError(_unsaved(f"{self.path}: {detail}")) from error


def _put(document: Document, name: str, value: Any) -> None:
    old = document.get(name)
    if isinstance(old, Array) and isinstance(value, tuple) and _turned(old, value):
        return
    document[name] = _plain(value)


def _turned(array: Array, value: tuple[str, ...]) -> bool:
    """Whether the list could be made this one item by item, so that its lines and comments stay."""
    for index in reversed(range(len(array))):
        if array[index] not in value:
            del array[index]
    for text in value:
        if text not in array:
            array.append(text)
    return list(array) == list(value)


def _plain(value: Any) -> Any:
    """As TOML has it."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _drop(document: Document, name: str) -> None:
    for index, (key, item) in enumerate(document.body):
        if key is not None and key.key == name and item.trivia.comment:
            trail = item.trivia.trail or "\n"
            document.body[index] = None, Comment(Trivia("", "", item.trivia.comment, trail))
            return
    del document[name]


def _check_rights(path: Path) -> None:
    """A file that its user has made read-only is meant to stay as it is."""
    if path.exists() and not path.stat().st_mode & 0o200:
        raise ProblemError(_unsaved(f"{path} is read-only", f"Run: chmod u+w {path}"))


def _unsaved(detail: str, hint: str = "") -> Problem:
    return Problem(Kind.DISK, "The settings cannot be saved", detail, hint, is_permanent=True)
