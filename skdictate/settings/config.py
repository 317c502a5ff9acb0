"""Loads the settings in force from the flags, the environment and ``config.toml``.

Precedence, strongest first: flag, environment variable (``SKDICTATE_<NAME>``), ``config.toml``,
default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.option_table import (
    BY_NAME,
    OPTIONS,
    PREFIX,
    RIVALS,
    TYPES,
    VALUE_WORDS,
    Option,
    as_flag,
    as_words,
)
from skdictate.system import small_file

NOT_OPTIONS = ("HOME", "API_KEY", "IAM_TOKEN", "SERVE_TOKEN")
"""Environment variables with our prefix that are not settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of each setting; units are in the name or in ``option_table``."""

    source: str = "mic"
    source_command: tuple[str, ...] = ()
    engine: str = "auto"
    api: str = "v3"
    endpoint: str = ""
    plaintext: bool = False
    ca_cert: str = ""
    auth: str = "auto"
    api_key_file: str = ""
    credential_command: tuple[str, ...] = ()
    folder_id: str = ""
    iam_endpoint: str = ""
    language: tuple[str, ...] = ()
    model: str = ""
    normalize: bool = True
    literature_text: bool = True
    phone_format: bool = True
    profanity_filter: bool = False
    patience: str = "normal"
    eou: str = "default"
    eou_sensitivity: str = ""
    max_pause_ms: int | None = None
    classifier: tuple[str, ...] = ()
    speech_analysis: bool = False
    speaker_labelling: bool = False
    summarize: str = ""
    summarize_model: str = ""
    rate: int = 16_000
    chunk_ms: int = 100
    speed: float | None = None
    session_seconds: float = 300.0
    session_megabytes: float = 10.0
    idle_seconds: float = 5.0
    channel: int = 0
    stop_after: float = 0.0
    silence: str = "leave"
    keep_alive: str = "silence"
    second_session: bool = True
    budget_s: float = 0.0
    budget_day_s: float = 0.0
    format: str = "text"
    output: str = ""
    talk: str = "toggle"
    keep_audio: bool = True
    keep_audio_days: int = 0
    keep_text_days: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, and where each value came from."""

    settings: Settings
    origins: Mapping[str, str]
    """Setting name to its origin: a flag, a variable name, a file path, or ``default``."""


def load(flags: Mapping[str, Any], environ: Mapping[str, str], file: Path) -> Config:
    """Merge the settings from all sources by precedence, and check each value.

    Args:
        flags: parsed flags by setting name; a flag that was not given is absent.
        environ: the environment variables.
        file: path of ``config.toml``; it need not exist.

    Raises:
        ProblemError: a name or a value is invalid; of kind usage for a flag, config otherwise.
    """
    values: dict[str, Any] = {}
    origins = {field.name: "default" for field in fields(Settings)}
    for name, value, origin, kind in _given(flags, environ, file):
        values[name] = checked(BY_NAME[name], value, origin, kind)
        origins[name] = origin
        rival = RIVALS.get(name, name)
        if _strength(origins[rival]) < _strength(origin):
            values.pop(rival, None)
            origins[rival] = "default"
    return Config(Settings(**values), origins)


def _strength(origin: str) -> int:
    """Rank of an origin in the precedence: default 0, file 1, environment 2, flag 3."""
    if origin == "default":
        return 0
    return 3 if origin.startswith("--") else 2 if origin.startswith(PREFIX) else 1


def _given(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Path
) -> list[tuple[str, Any, str, Kind]]:
    """Every value given, weakest origin first, as (name, value, origin, kind of problem)."""
    given: list[tuple[str, Any, str, Kind]] = []
    for key, value in read(file).items():
        if key not in BY_NAME:
            raise ProblemError(_unknown(key, f"{file}", list(BY_NAME)))
        given.append((key, value, f"{file}", Kind.CONFIG))
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and variable.removeprefix(PREFIX) not in NOT_OPTIONS:
            name = variable.removeprefix(PREFIX).lower()
            if name not in BY_NAME:
                known = [option.variable for option in OPTIONS]
                raise ProblemError(_unknown(variable, "the environment", known))
            given.append((name, value, variable, Kind.CONFIG))
    given.extend((name, value, BY_NAME[name].flag, Kind.USAGE) for name, value in flags.items())
    return given


def read(file: Path) -> dict[str, Any]:
    """Read ``config.toml`` without checking names or values; empty if there is no file.

    Raises:
        ProblemError: the file cannot be read, or is not valid TOML.
    """
    import tomllib

    try:
        text = small_file.read(file).decode()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ProblemError(broken(file, error.strerror or str(error))) from error
    except UnicodeError as error:
        raise ProblemError(broken(file, str(error))) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(broken(file, str(error))) from error


def checked(option: Option, value: Any, origin: str, kind: Kind) -> Any:
    """Convert a value to the option's type and check its choices and limits.

    Args:
        option: the option that the value is for.
        value: text from a flag or a variable, or a TOML value from the file.
        origin: where the value was given; named in the error.
        kind: kind of the problem that is raised.

    Raises:
        ProblemError: the value is invalid; the hint says what is allowed.
    """
    if option.is_list:
        return _listed(option, value, origin, kind)
    try:
        parsed = _parsed(option, value)
    except ValueError as error:
        hint = f"Use {VALUE_WORDS.get(option.parse, 'a text')}."
        raise ProblemError(_wrong(option, value, origin, kind, hint)) from error
    if option.choices and parsed not in option.choices:
        allowed = ", ".join(str(choice) for choice in option.choices)
        raise ProblemError(_wrong(option, value, origin, kind, f"Use one of: {allowed}."))
    if option.lowest is not None and not parsed >= option.lowest:
        hint = f"The minimum is {option.lowest:g}."
        raise ProblemError(_wrong(option, value, origin, kind, hint))
    if option.highest is not None and not parsed <= option.highest:
        hint = f"The maximum is {option.highest:g}."
        raise ProblemError(_wrong(option, value, origin, kind, hint))
    return parsed


def _parsed(option: Option, value: Any) -> Any:
    """Convert text, or a TOML value that has the option's own type.

    Raises:
        ValueError: the value does not fit the option's type.
    """
    if isinstance(value, str):
        return option.parse(value)
    if option.parse is as_words and isinstance(value, list):
        if all(isinstance(word, str) for word in value):
            return tuple(value)
        raise ValueError(value)
    types = TYPES.get(option.parse, ())
    if not isinstance(value, types) or isinstance(value, bool) != (option.parse is as_flag):
        raise ValueError(value)
    return option.parse(str(value))


def _listed(option: Option, value: Any, origin: str, kind: Kind) -> tuple[str, ...]:
    """Convert a list, or text with items separated by commas.

    Raises:
        ProblemError: an item is not text, or does not fit the option.
    """
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ProblemError(_wrong(option, value, origin, kind, "Separate the items with commas."))
    try:
        return tuple(option.parse(item) for item in items if item.strip())
    except ValueError as error:
        hint = f"Use {VALUE_WORDS.get(option.parse, 'texts')}."
        raise ProblemError(_wrong(option, value, origin, kind, hint)) from error


def _wrong(option: Option, value: Any, origin: str, kind: Kind, hint: str) -> Problem:
    return Problem(
        kind,
        "Invalid setting",
        f"{option.name} is {str(value)[:60]!r} (from {origin})",
        hint,
        is_permanent=True,
    )


def _unknown(key: str, origin: str, known: list[str]) -> Problem:
    import difflib

    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return Problem(
        Kind.CONFIG,
        "Unknown setting",
        f"{key[:60]!r} in {origin}",
        f"Did you mean {nearest[0]!r}?",
        is_permanent=True,
    )


def broken(file: Path, detail: str) -> Problem:
    """The problem that ``config.toml`` cannot be read; ``detail`` says why."""
    return Problem(
        Kind.CONFIG,
        "The settings cannot be read",
        f"{file}: {detail}",
        "Correct the file, or move it away.",
        is_permanent=True,
    )
