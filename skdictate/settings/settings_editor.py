"""Shows and changes settings for the settings screen; contains no screen code.

A change is checked like settings at the program's start, and saved in ``config.toml``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings, checked
from skdictate.settings.config_file import ConfigFile
from skdictate.settings.option_table import BY_NAME, OPTIONS, VALUE_WORDS, Option, as_words
from skdictate.system.secret_forms import looks_secret
from skdictate.text.clean_text import clean

DEFAULT = "default"
"""Origin of a setting that nobody has set."""
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Recogniser and sign-in",
        (
            *("engine", "api", "endpoint", "plaintext", "ca_cert", "auth", "api_key_file"),
            *("credential_command", "folder_id", "iam_endpoint"),
        ),
    ),
    (
        "Language and text",
        (
            *("language", "model", "normalize", "literature_text", "phone_format"),
            "profanity_filter",
        ),
    ),
    ("End of a sentence", ("patience", "eou", "eou_sensitivity", "max_pause_ms")),
    (
        "Analysis",
        ("classifier", "speech_analysis", "speaker_labelling", "summarize", "summarize_model"),
    ),
    (
        "Sound and silence",
        (
            *("source", "source_command", "channel", "rate", "talk", "stop_after", "silence"),
            *("keep_alive", "second_session"),
        ),
    ),
    ("Budget", ("budget_s", "budget_day_s")),
    ("Limits", ("session_seconds", "session_megabytes", "idle_seconds", "chunk_ms", "speed")),
    ("Output", ("format", "output")),
    ("Storage", ("keep_audio", "keep_audio_days", "keep_text_days")),
)
"""Titles of the groups on the settings screen, and the options in each."""
AT_START = ("talk",)
"""Options whose change takes effect at the next start of the program."""
STDIN_VALUES = ("stdin", "-")
"""Values that take effect at the next start: now standard input is the keyboard."""


def option_groups() -> list[tuple[str, list[Option]]]:
    """All options by group, as (title, options); those without a group come last as "Other"."""
    found = [(title, [BY_NAME[name] for name in names]) for title, names in GROUPS]
    known = {name for _, names in GROUPS for name in names}
    others = [option for option in OPTIONS if option.name not in known]
    return [*found, ("Other", others)] if others else found


def visible(option: Option, value: Any) -> Any:
    """The part of a value that may be shown: the first word of a private one, else all of it."""
    return value[:1] if option.is_private else value


def value_text(value: Any) -> str:
    """A value as text for a person; ``-`` if there is none."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value in (None, "") else str(value)


def allowed_values(option: Option) -> str:
    """What a value has to be, in words; empty if any text will do."""
    if option.is_switch:
        return ""
    if option.choices:
        *others, last = map(str, option.choices)
        return f"{', '.join(others)} or {last}"
    words = VALUE_WORDS.get(option.parse, "")
    if option.lowest is None or option.highest is None:
        least = f", {option.lowest:g} or more" if option.lowest else ""
        return f"{words}{least}"
    return f"{words}, {option.lowest:g} to {option.highest:g}"


class SettingsEditor:
    """The settings of the next dictation, and the file that keeps changes of them."""

    def __init__(self, settings: Settings, origins: Mapping[str, str], file: Path) -> None:
        self.settings = settings
        self._origins = dict(origins)
        self._file = ConfigFile(file)

    def origin(self, option: Option) -> str:
        """Where the value came from: a flag, a variable, a file path, or ``default``."""
        return self._origins.get(option.name, DEFAULT)

    def value_text(self, option: Option) -> str:
        """The value for display: without control characters, and without private arguments."""
        if option.name == "channel" and self.settings.channel == 0:
            return "mix"
        value = getattr(self.settings, option.name)
        words = clean(value_text(visible(option, value)))
        return f"{words} …" if option.is_private and value[1:] else words

    def editable_text(self, option: Option) -> str:
        """The value as one would type it; empty if there is none or it is private."""
        value = getattr(self.settings, option.name)
        if value is None or option.is_private:
            return ""
        if option.parse is as_words:
            return shlex.join(value)
        if option.is_list:
            return ", ".join(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def obstacle(self, option: Option) -> str:
        """Why the option cannot be changed here; empty if it can."""
        origin = self.origin(option)
        if origin == option.flag:
            return f"{origin} was given for this run and overrides config.toml."
        if origin == option.variable:
            return f"{origin} is set and overrides config.toml."
        return ""

    def check(self, option: Option, given: Any) -> Any:
        """Convert and check an entry without saving it; an empty entry is the default.

        Args:
            option: the option to set.
            given: text as one would type it, a list of texts, or a value of the option's type.

        Returns:
            The value in the option's type.

        Raises:
            ProblemError: the entry is invalid, or looks like a key; the hint says what to do.
        """
        texts = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        if any(looks_secret(text) for text in texts):
            raise ProblemError(_secret())
        if isinstance(given, str) and not given.strip():
            return getattr(Settings(), option.name)
        return checked(option, given, "here", Kind.CONFIG)

    def change(self, option: Option, given: Any) -> None:
        """Set an option for this run and save it for later ones.

        The default is saved by removing the key from the file.

        Args:
            option: an option without an obstacle.
            given: an entry as for ``check``.

        Raises:
            ProblemError: the entry is invalid or cannot be saved; nothing has changed.
        """
        value = self.check(option, given)
        if value == getattr(Settings(), option.name):
            self.reset(option)
        else:
            self._file.put(option.name, value)
            self._note(option, value, f"{self._file.path}")

    def reset(self, option: Option) -> None:
        """Set an option back to its default.

        Raises:
            ProblemError: the change cannot be saved; nothing has changed.
        """
        self._file.drop(option.name)
        self._note(option, getattr(Settings(), option.name), DEFAULT)

    def _note(self, option: Option, value: Any, origin: str) -> None:
        self._origins[option.name] = origin
        self.settings = replace(self.settings, **{option.name: value})

    def effective(self, before: Settings) -> Settings:
        """The settings that a running program can use.

        Options that take effect at the next start keep their values from ``before``.
        """
        kept = {name: getattr(before, name) for name in AT_START}
        if self.settings.source in STDIN_VALUES:
            kept["source"] = before.source
        if self.settings.api_key_file in STDIN_VALUES:
            kept["api_key_file"] = before.api_key_file
        return replace(self.settings, **kept)

    def counts_later(self, option: Option) -> bool:
        """Whether the option's change takes effect only at the next start of the program."""
        value = getattr(self.settings, option.name)
        is_changed = self.origin(option) == f"{self._file.path}"
        return option.name in AT_START or (is_changed and value in STDIN_VALUES)


def _secret() -> Problem:
    return Problem(
        Kind.CREDENTIALS,
        "This looks like a key",
        "Settings cannot store keys",
        "Close this window and press k to store the key where only you can read it.",
        is_permanent=True,
    )
