"""The report that a user sends about a bug: versions, settings and the last events.

No speech is in it, and no key. Whoever wants to send words as well exports the dictation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from skdictate.settings.config import Settings
from skdictate.settings.option_table import OPTIONS, Option, as_text, as_words
from skdictate.settings.settings_editor import value_text
from skdictate.system import report_file
from skdictate.system.secret_forms import holds_secret
from skdictate.text.clean_text import clean

LIBRARIES = ("textual", "grpcio", "protobuf", "numpy", "sounddevice", "moonshine-voice")
TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "SSH_TTY", "TMUX")
"""Variables that say in what the app is shown; of the last two only whether they are set."""
HARMLESS = ("language", "model", "classifier")
"""Free texts that name neither a person nor a place."""


def write(settings: Settings, origins: Mapping[str, str]) -> Path | None:
    """Write it.

    Args:
        settings: those of the next dictation.
        origins: where each setting comes from.

    Returns:
        Where it is; None if no folder takes it.
    """
    return report_file.write("a report that the user asked for", _lines(settings, origins))


def _lines(settings: Settings, origins: Mapping[str, str]) -> Iterator[str]:
    yield ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    for name in TERMINAL:
        if value := os.environ.get(name, ""):
            is_shown = name not in ("SSH_TTY", "TMUX") and not holds_secret(value)
            yield f"{name}: {clean(value)[:60] if is_shown else 'set'}"
    yield from ("", "Settings that are not the default:")
    before = Settings()
    for option in OPTIONS:
        value = getattr(settings, option.name)
        if value != getattr(before, option.name):
            yield f"{option.name}: {_shown(option, value)}, {_origin(option, origins)}"


def _shown(option: Option, value: object) -> str:
    """A value; of a free text, which may name people and places, only that there is one."""
    text = clean(value_text(value))
    is_free = option.parse in (as_text, as_words) and not option.choices
    if (is_free and option.name not in HARMLESS) or holds_secret(text):
        return "given"
    return text[:100]


def _origin(option: Option, origins: Mapping[str, str]) -> str:
    """Which kind of place it comes from; a file's path names the user."""
    origin = origins.get(option.name, "")
    return origin if origin in (option.flag, option.variable) else "the file or this run"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
