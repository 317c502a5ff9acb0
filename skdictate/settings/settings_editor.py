"""The settings as a person edits them: what is in force, where it came from, what may be changed.

Knows no screen. A change is checked as the settings are at the start, and kept in ``config.toml``.
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
from skdictate.settings.option_table import BY_NAME, OPTIONS, WANTED, Option, as_words
from skdictate.system.secret_forms import looks_secret
from skdictate.text.clean_text import clean

DEFAULT = "default"
"""The origin of what nobody has set."""
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Recogniser and signing in",
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
    ("Where a sentence ends", ("patience", "eou", "eou_sensitivity", "max_pause_ms")),
    (
        "Beside the text",
        ("classifier", "speech_analysis", "speaker_labelling", "summarize", "summarize_model"),
    ),
    (
        "Sound and silence",
        (
            *("source", "source_command", "channel", "rate", "talk", "stop_after", "silence"),
            *("keep_alive", "second_session"),
        ),
    ),
    ("Money", ("budget_s", "budget_day_s")),
    ("Limits", ("session_seconds", "session_megabytes", "idle_seconds", "chunk_ms", "speed")),
    ("Output", ("format", "output")),
    ("What is kept", ("keep_audio", "keep_audio_days", "keep_text_days")),
)
"""The options by what they are about."""
AT_START = ("talk",)
"""Options that count from the next start of the program ..."""
OF_STDIN = ("stdin", "-")
"""... and values: standard input is the keyboard by now."""


def grouped() -> list[tuple[str, list[Option]]]:
    """All options with the titles of their groups."""
    found = [(title, [BY_NAME[name] for name in names]) for title, names in GROUPS]
    known = {name for _, names in GROUPS for name in names}
    others = [option for option in OPTIONS if option.name not in known]
    return [*found, ("Other", others)] if others else found


def visible(option: Option, value: Any) -> Any:
    """A value without what nobody is to see."""
    return value[:1] if option.is_private else value


def said(value: Any) -> str:
    """A value for a person; ``-`` for none."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value in (None, "") else str(value)


def wanted(option: Option) -> str:
    """What a value has to be, in words; empty if any text will do."""
    if option.is_switch:
        return ""
    if option.choices:
        *others, last = map(str, option.choices)
        return f"{', '.join(others)} or {last}"
    words = WANTED.get(option.parse, "")
    if option.lowest is None or option.highest is None:
        least = f", {option.lowest:g} or more" if option.lowest else ""
        return f"{words}{least}"
    return f"{words}, {option.lowest:g} to {option.highest:g}"


class SettingsEditor:
    """What the next dictation will go by."""

    def __init__(self, settings: Settings, origins: Mapping[str, str], file: Path) -> None:
        self.settings = settings
        self._origins = dict(origins)
        self._file = ConfigFile(file)

    def origin(self, option: Option) -> str:
        """A flag, a variable, the file, or ``default``."""
        return self._origins.get(option.name, DEFAULT)

    def said(self, option: Option) -> str:
        """The value for a person, fit for a screen."""
        if option.name == "channel" and self.settings.channel == 0:
            return "mix"
        value = getattr(self.settings, option.name)
        words = clean(said(visible(option, value)))
        return f"{words} …" if option.is_private and value[1:] else words

    def typed(self, option: Option) -> str:
        """The value as one would type it; empty for none, and for what nobody is to see."""
        value = getattr(self.settings, option.name)
        if value is None or option.is_private:
            return ""
        if option.parse is as_words:
            return shlex.join(value)
        if option.is_list:
            return ", ".join(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def obstacle(self, option: Option) -> str:
        """Why it cannot be changed here; empty if it can."""
        origin = self.origin(option)
        if origin == option.flag:
            return f"{origin} was given for this run, and comes before config.toml."
        if origin == option.variable:
            return f"{origin} is set, and comes before config.toml."
        return ""

    def check(self, option: Option, given: Any) -> Any:
        """What would be set; nothing given is the default.

        Args:
            option: what it is for.
            given: a text as one would type it, texts for a list, or a value of its type.

        Raises:
            ProblemError: that makes no sense there; the hint says what would.
        """
        texts = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        if any(looks_secret(text) for text in texts):
            raise ProblemError(_secret())
        if isinstance(given, str) and not given.strip():
            return getattr(Settings(), option.name)
        return checked(option, given, "here", Kind.CONFIG)

    def change(self, option: Option, given: Any) -> None:
        """Set it from now on, in this run and in later ones; the default takes the key out.

        Args:
            option: one without an obstacle.
            given: see ``check``.

        Raises:
            ProblemError: that makes no sense here, or the file does not take it; nothing changed.
        """
        value = self.check(option, given)
        if value == getattr(Settings(), option.name):
            self.reset(option)
        else:
            self._file.put(option.name, value)
            self._note(option, value, f"{self._file.path}")

    def reset(self, option: Option) -> None:
        """Back to the default.

        Raises:
            ProblemError: the file does not take it; nothing changed.
        """
        self._file.drop(option.name)
        self._note(option, getattr(Settings(), option.name), DEFAULT)

    def _note(self, option: Option, value: Any, origin: str) -> None:
        self._origins[option.name] = origin
        self.settings = replace(self.settings, **{option.name: value})

    def effective(self, before: Settings) -> Settings:
        """What a program that runs can go by: without what counts from its next start only."""
        kept = {name: getattr(before, name) for name in AT_START}
        if self.settings.source in OF_STDIN:
            kept["source"] = before.source
        if self.settings.api_key_file in OF_STDIN:
            kept["api_key_file"] = before.api_key_file
        return replace(self.settings, **kept)

    def counts_later(self, option: Option) -> bool:
        """It is set, and counts from the next start of the program."""
        value = getattr(self.settings, option.name)
        is_changed = self.origin(option) == f"{self._file.path}"
        return option.name in AT_START or (is_changed and value in OF_STDIN)


def _secret() -> Problem:
    return Problem(
        Kind.CREDENTIALS,
        "This looks like a key",
        "Settings are no place for one",
        "Close this and press k: the key is then kept where nobody else can read it.",
        is_permanent=True,
    )
