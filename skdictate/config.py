"""Settings: one table of options, and the rule of who wins.

A flag beats the environment (``SKDICTATE_<NAME>``) beats ``config.toml`` beats the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from skdictate.errors import Kind, Problem, ProblemError

PREFIX = "SKDICTATE_"
NOT_OPTIONS = ("HOME", "API_KEY", "IAM_TOKEN", "SERVE_TOKEN")
"""What else the environment may carry under our prefix."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. The units are in the names or in the option table."""

    source: str = "mic"
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
    format: str = "text"
    output: str = ""
    talk: str = "toggle"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting, as flag, variable and key."""

    name: str
    parse: Callable[[str], Any]
    help: str
    metavar: str = ""
    choices: tuple[Any, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    is_list: bool = False

    @property
    def flag(self) -> str:
        """As on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """It takes no value: it is on, or with ``--no-`` off."""
        return self.parse is _flag

    @property
    def variable(self) -> str:
        """As in the environment."""
        return PREFIX + self.name.upper()


def _text(value: str) -> str:
    return value.strip()


def _flag(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(value)


def _channel(value: str) -> int:
    return 0 if value.strip().lower() == "mix" else int(value)


def _words(value: str) -> tuple[str, ...]:
    import shlex

    return tuple(shlex.split(value))


def _classifier(value: str) -> str:
    name, mark, triggers = value.strip().partition(":")
    known = {"utterance", "final", "partial"}
    if not name or (mark and not known.issuperset(triggers.split("+"))):
        raise ValueError(value)
    return value.strip()


_WANTED: dict[Any, str] = {
    int: "a whole number",
    _channel: "mix, or a number",
    float: "a number",
    _flag: "true or false",
    _words: "a command and its arguments, with quotes in pairs",
    _classifier: "NAME, or NAME:WHEN; several of utterance, final and partial go with +",
}
_TYPES: dict[Any, tuple[type, ...]] = {
    int: (int,),
    _channel: (int,),
    float: (int, float),
    _flag: (bool,),
}
"""What a value of the file may be, where it is no text."""
RATES = (8_000, 16_000, 48_000)

OPTIONS = (
    Option("source", _text, "mic, mic:NAME, file:PATH, stdin or demo", "WHERE"),
    Option(
        "engine",
        _text,
        "who recognises: auto is speechkit with a key, else local",
        choices=("auto", "local", "speechkit"),
    ),
    Option("api", _text, "version of the SpeechKit API", choices=("v3", "v2")),
    Option("endpoint", _text, "another server: HOST:PORT or unix:PATH", "ADDRESS"),
    Option("plaintext", _flag, "no TLS; to this machine only"),
    Option("ca_cert", _text, "trust this root certificate", "FILE"),
    Option(
        "auth",
        _text,
        "who signs in: what is found, or one of these",
        choices=("auto", "metadata", "yc"),
    ),
    Option("api_key_file", _text, "a key, a token or key.json; - for standard input", "FILE"),
    Option("credential_command", _words, "prints a key or a token; no shell", "COMMAND"),
    Option("folder_id", _text, "who pays, if a person signs in", "ID"),
    Option("iam_endpoint", _text, "another IAM service", "HOST"),
    Option(
        "language",
        _text,
        "language spoken: en-US ... or auto; may be repeated",
        "CODE",
        is_list=True,
    ),
    Option("model", _text, "of the service: general, general:rc ...", "NAME"),
    Option("normalize", _flag, "numbers as digits, and the next three; on by default"),
    Option("literature_text", _flag, "capitals and punctuation; on by default"),
    Option("phone_format", _flag, "telephone numbers in groups; on by default"),
    Option("profanity_filter", _flag, "mask strong language"),
    Option(
        "patience",
        _text,
        "with pauses, before a sentence ends",
        choices=("short", "normal", "long"),
    ),
    Option(
        "eou", _text, "who ends a sentence: the service, or you", choices=("default", "external")
    ),
    Option(
        "eou_sensitivity",
        _text,
        "how soon a sentence ends, whatever the patience",
        choices=("default", "high"),
    ),
    Option(
        "max_pause_ms",
        int,
        "longest pause in a sentence, whatever the patience",
        "MS",
        lowest=1,
        highest=60_000,
    ),
    Option(
        "classifier",
        _classifier,
        "insult, gender ...; NAME:WHEN with utterance, final, partial; may be repeated",
        "NAME",
        is_list=True,
    ),
    Option("speech_analysis", _flag, "statistics of each speaker"),
    Option("speaker_labelling", _flag, "tell two speakers apart; text comes late"),
    Option("summarize", _text, "ask a language model this about each session", "PROMPT"),
    Option("summarize_model", _text, "the model that is asked", "URI"),
    Option("rate", int, "samples per second", choices=RATES),
    Option("chunk_ms", int, "audio in one message", "MS", lowest=20, highest=2_000),
    Option("speed", float, "pace of a file: 1 as spoken, 0 as fast as can be", "N", lowest=0),
    Option("session_seconds", float, "the server's limit on a session", "S", lowest=5),
    Option("session_megabytes", float, "the server's limit on its data", "MB", lowest=0.1),
    Option("idle_seconds", float, "the server's limit between messages", "S", lowest=1),
    Option(
        "channel", _channel, "of a stereo microphone: mix, 1 or 2", "mix|N", lowest=0, highest=32
    ),
    Option("stop_after", float, "stop after this much silence; 0 for never", "S", lowest=0),
    Option(
        "silence",
        _text,
        "in long silence: leave the session, which saves money, or send it",
        choices=("leave", "send"),
    ),
    Option("format", _text, "form of the text", choices=("text", "json", "srt", "vtt", "md")),
    Option("output", _text, "write the text to this file", "FILE"),
    Option("talk", _text, "space starts and stops, or is held", choices=("toggle", "hold")),
)
BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force and where each came from."""

    settings: Settings
    origins: Mapping[str, str]
    """For each setting: a flag, a variable, a file, or ``default``."""


def load(flags: Mapping[str, Any], environ: Mapping[str, str], file: Path) -> Config:
    """Settings from all sources.

    Args:
        flags: values by option name, as parsed; absent means not given.
        environ: the environment.
        file: ``config.toml``; need not exist.

    Raises:
        ProblemError: a value or a name is wrong; of kind usage for flags, config otherwise.
    """
    values: dict[str, Any] = {}
    origins = {field.name: "default" for field in fields(Settings)}
    for name, value, origin, kind in _given(flags, environ, file):
        values[name] = _checked(BY_NAME[name], value, origin, kind)
        origins[name] = origin
    return Config(Settings(**values), origins)


def _given(
    flags: Mapping[str, Any], environ: Mapping[str, str], file: Path
) -> list[tuple[str, Any, str, Kind]]:
    """All that was given, the weakest first: name, value, origin, kind of problem."""
    given: list[tuple[str, Any, str, Kind]] = []
    for key, value in _read(file).items():
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


def _read(file: Path) -> dict[str, Any]:
    """The content of the file; empty if there is none."""
    import tomllib

    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError) as error:
        raise ProblemError(_broken(file, str(error))) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(_broken(file, str(error))) from error


def _checked(option: Option, value: Any, origin: str, kind: Kind) -> Any:
    """The value in its own type, or a problem that says what would be right."""
    if option.is_list:
        return _checked_list(option, value, origin, kind)
    try:
        parsed = _parsed(option, value)
    except ValueError as error:
        hint = f"Give {_WANTED.get(option.parse, 'a text')}."
        raise ProblemError(_wrong(option, value, origin, kind, hint)) from error
    if option.choices and parsed not in option.choices:
        allowed = ", ".join(str(choice) for choice in option.choices)
        raise ProblemError(_wrong(option, value, origin, kind, f"It may be {allowed}."))
    if option.lowest is not None and not parsed >= option.lowest:
        hint = f"The least is {option.lowest:g}."
        raise ProblemError(_wrong(option, value, origin, kind, hint))
    if option.highest is not None and not parsed <= option.highest:
        hint = f"The most is {option.highest:g}."
        raise ProblemError(_wrong(option, value, origin, kind, hint))
    return parsed


def _parsed(option: Option, value: Any) -> Any:
    """A text from a flag or a variable, or a value of the file that has its own type."""
    if isinstance(value, str):
        return option.parse(value)
    if option.parse is _words and isinstance(value, list):
        if all(isinstance(word, str) for word in value):
            return tuple(value)
        raise ValueError(value)
    types = _TYPES.get(option.parse, ())
    if not isinstance(value, types) or isinstance(value, bool) != (option.parse is _flag):
        raise ValueError(value)
    return option.parse(str(value))


def _checked_list(option: Option, value: Any, origin: str, kind: Kind) -> tuple[str, ...]:
    """A list, or a text with commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ProblemError(_wrong(option, value, origin, kind, "Give texts, with commas between."))
    try:
        return tuple(option.parse(item) for item in items if item.strip())
    except ValueError as error:
        hint = f"Give {_WANTED.get(option.parse, 'texts')}."
        raise ProblemError(_wrong(option, value, origin, kind, hint)) from error


def _wrong(option: Option, value: Any, origin: str, kind: Kind, hint: str) -> Problem:
    return Problem(
        kind,
        "A setting is wrong",
        f"{option.name} is {str(value)[:60]!r} (from {origin})",
        hint,
        is_permanent=True,
    )


def _unknown(key: str, origin: str, known: list[str]) -> Problem:
    import difflib

    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return Problem(
        Kind.CONFIG,
        "An unknown setting",
        f"{key[:60]!r} in {origin}",
        f"Did you mean {nearest[0]!r}?",
        is_permanent=True,
    )


def _broken(file: Path, detail: str) -> Problem:
    return Problem(
        Kind.CONFIG,
        "The settings cannot be read",
        f"{file}: {detail}",
        "Mend the file, or move it away.",
        is_permanent=True,
    )
