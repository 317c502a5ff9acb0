"""Changes one key of ``config.toml`` at a time and keeps its comments and order.

The file is read again for each change, since the user may have it open in an editor.
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
    """The user's ``config.toml``; it need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, value: Any) -> None:
        """Write a setting; a value that the file already has for it is replaced.

        Args:
            name: name of the setting.
            value: text, number, bool, or a tuple of texts.

        Raises:
            ProblemError: the file is invalid or cannot be written; it is unchanged.
        """
        self._change(lambda document: _put(document, name, value))

    def drop(self, name: str) -> None:
        """Remove a setting from the file; a comment on its line stays.

        Raises:
            ProblemError: the file is invalid or cannot be written; it is unchanged.
        """
        if name in read(self.path):
            self._change(lambda document: _drop(document, name))

    def _change(self, change: Callable[[Document], None]) -> None:
        read(self.path)  # an invalid file gives the error that the program gives at its start
        try:
            target = self.path.resolve()  # keeps a symbolic link to a file elsewhere
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
    """Edit the list item by item, which keeps its line breaks and comments.

    Returns:
        Whether the list now equals ``value``.
    """
    for index in reversed(range(len(array))):
        if array[index] not in value:
            del array[index]
    for text in value:
        if text not in array:
            array.append(text)
    return list(array) == list(value)


def _plain(value: Any) -> Any:
    """A value as it is written in TOML: a list for a tuple, an integer for a whole float."""
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
    """Refuse to replace a file that the user has made read-only."""
    if path.exists() and not path.stat().st_mode & 0o200:
        raise ProblemError(_unsaved(f"{path} is read-only", f"Run: chmod u+w {path}"))


def _unsaved(detail: str, hint: str = "") -> Problem:
    return Problem(Kind.DISK, "The settings cannot be saved", detail, hint, is_permanent=True)
