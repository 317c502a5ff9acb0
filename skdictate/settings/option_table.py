"""The table of options: each is a flag, an environment variable and a key of ``config.toml``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "SKDICTATE_"


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table: how a setting is given, parsed, checked and explained."""

    name: str
    parse: Callable[[str], Any]
    help: str
    metavar: str = ""
    choices: tuple[Any, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    is_list: bool = False
    is_private: bool = False
    """Only the first word of the value is shown: arguments of a command may be secret."""

    @property
    def flag(self) -> str:
        """The flag on the command line, such as ``--api-key-file``."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """Whether the flag takes no value: ``--NAME`` turns it on, ``--no-NAME`` off."""
        return self.parse is as_flag

    @property
    def variable(self) -> str:
        """The environment variable, such as ``SKDICTATE_API_KEY_FILE``."""
        return PREFIX + self.name.upper()


def as_text(value: str) -> str:
    """Text without leading and trailing spaces."""
    return value.strip()


def as_flag(value: str) -> bool:
    """Parse 1/true/yes/on and 0/false/no/off (empty is off).

    Raises:
        ValueError: it is another word.
    """
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(value)


def as_channel(value: str) -> int:
    """Parse the number of a microphone's channel; ``mix`` is 0, which mixes all channels.

    Raises:
        ValueError: it is neither ``mix`` nor a whole number.
    """
    return 0 if value.strip().lower() == "mix" else int(value)


def as_words(value: str) -> tuple[str, ...]:
    """Split a command line into words by the quoting rules of a POSIX shell.

    Raises:
        ValueError: a quote is not closed.
    """
    import shlex

    return tuple(shlex.split(value))


def as_classifier(value: str) -> str:
    """Check ``NAME`` or ``NAME:TRIGGER+TRIGGER``: a SpeechKit classifier and when it runs.

    Raises:
        ValueError: there is no name, or a trigger is not utterance, final or partial.
    """
    name, mark, triggers = value.strip().partition(":")
    known = {"utterance", "final", "partial"}
    if not name or (mark and not known.issuperset(triggers.split("+"))):
        raise ValueError(value)
    return value.strip()


VALUE_WORDS: dict[Any, str] = {
    int: "a whole number",
    as_channel: "mix, or a number",
    float: "a number",
    as_flag: "true or false",
    as_words: "a command and its arguments, with quotes in pairs",
    as_classifier: "NAME or NAME:WHEN, where WHEN is utterance, final or partial, joined by +",
}
"""By parser: what a valid value is, for hints and the settings screen."""
TYPES: dict[Any, tuple[type, ...]] = {
    int: (int,),
    as_channel: (int,),
    float: (int, float),
    as_flag: (bool,),
}
"""By parser: the TOML types that are accepted beside text."""
RATES = (8_000, 16_000, 48_000)
"""Sample rates in Hz that SpeechKit takes for raw PCM."""

OPTIONS = (
    Option(
        "source",
        as_text,
        "where sound comes from: mic, mic:NAME, remote, ssh://HOST, file:PATH, stdin or demo",
        "WHERE",
    ),
    Option(
        "source_command",
        as_words,
        "take sound from the standard output of this program; runs without a shell",
        "COMMAND",
    ),
    Option(
        "engine",
        as_text,
        "recogniser; auto uses speechkit if there is a key, else local",
        choices=("auto", "local", "speechkit"),
    ),
    Option("api", as_text, "SpeechKit API version", choices=("v3", "v2")),
    Option("endpoint", as_text, "use another server: HOST:PORT or unix:PATH", "ADDRESS"),
    Option("plaintext", as_flag, "connect without TLS; only allowed to this machine"),
    Option("ca_cert", as_text, "trust this root certificate (PEM)", "FILE"),
    Option(
        "auth",
        as_text,
        "how to sign in; auto uses the first credential found",
        choices=("auto", "metadata", "yc"),
    ),
    Option(
        "api_key_file",
        as_text,
        "read an API key, a token or key.json from this file; - is standard input",
        "FILE",
    ),
    Option(
        "credential_command",
        as_words,
        "command that prints a key or a token; runs without a shell",
        "COMMAND",
        is_private=True,
    ),
    Option(
        "folder_id", as_text, "folder that is billed when you sign in with your own account", "ID"
    ),
    Option("iam_endpoint", as_text, "use another IAM service", "HOST"),
    Option(
        "language",
        as_text,
        "spoken language, such as en-US, or auto; may be repeated",
        "CODE",
        is_list=True,
    ),
    Option("model", as_text, "SpeechKit model, such as general or general:rc", "NAME"),
    Option(
        "normalize",
        as_flag,
        "normalise text: numbers as digits, and the three options below; on by default",
    ),
    Option("literature_text", as_flag, "add capitals and punctuation; on by default"),
    Option("phone_format", as_flag, "group the digits of telephone numbers; on by default"),
    Option("profanity_filter", as_flag, "mask strong language"),
    Option(
        "patience",
        as_text,
        "how long a pause may be before it ends the sentence",
        choices=("short", "normal", "long"),
    ),
    Option(
        "eou",
        as_text,
        "who ends a sentence: the service (default) or you (external)",
        choices=("default", "external"),
    ),
    Option(
        "eou_sensitivity",
        as_text,
        "how readily a pause ends a sentence; overrides --patience",
        choices=("default", "high"),
    ),
    Option(
        "max_pause_ms",
        int,
        "longest pause within a sentence; overrides --patience",
        "MS",
        lowest=1,
        highest=60_000,
    ),
    Option(
        "classifier",
        as_classifier,
        "run a classifier, such as insult or gender; NAME:WHEN limits it to utterance, final or"
        " partial; may be repeated",
        "NAME",
        is_list=True,
    ),
    Option("speech_analysis", as_flag, "report statistics of each speaker"),
    Option("speaker_labelling", as_flag, "tell two speakers apart; text comes later"),
    Option(
        "summarize",
        as_text,
        "send each session's text to a language model with this prompt",
        "PROMPT",
    ),
    Option("summarize_model", as_text, "language model for --summarize", "URI"),
    Option("rate", int, "sample rate in Hz", choices=RATES),
    Option("chunk_ms", int, "length of the audio in one message", "MS", lowest=20, highest=2_000),
    Option(
        "speed",
        float,
        "playback speed of a file: 1 is real time, 0 is as fast as possible",
        "N",
        lowest=0,
    ),
    Option("session_seconds", float, "server's limit on the length of a session", "S", lowest=5),
    Option("session_megabytes", float, "server's limit on the data of a session", "MB", lowest=0.1),
    Option("idle_seconds", float, "server's limit on the time between messages", "S", lowest=1),
    Option(
        "channel",
        as_channel,
        "channel of a stereo microphone: mix, 1 or 2",
        "mix|N",
        lowest=0,
        highest=32,
    ),
    Option("stop_after", float, "stop after this much silence; 0 is never", "S", lowest=0),
    Option(
        "silence",
        as_text,
        "in long silence: leave the session, which costs less, or send the silence",
        choices=("leave", "send"),
    ),
    Option(
        "keep_alive",
        as_text,
        "keep a session open in a pause with silent audio, or with v3's silence_chunk",
        choices=("silence", "chunk"),
    ),
    Option(
        "second_session",
        as_flag,
        "if a session stops answering, open a second one beside it, billed too; on by default",
    ),
    Option(
        "budget_s",
        float,
        "limit on what is billed for one dictation; 0 is no limit",
        "S",
        lowest=0,
    ),
    Option(
        "budget_day_s", float, "limit on what is billed for a day; 0 is no limit", "S", lowest=0
    ),
    Option("format", as_text, "output format", choices=("text", "json", "srt", "vtt", "md")),
    Option("output", as_text, "write the text to this file", "FILE"),
    Option(
        "talk",
        as_text,
        "space bar: press to start and stop, or hold to record",
        choices=("toggle", "hold"),
    ),
    Option("keep_audio", as_flag, "keep recordings after everything is recognised; on by default"),
    Option(
        "keep_audio_days",
        int,
        "delete recordings older than this many days; 0 keeps them",
        "N",
        lowest=0,
    ),
    Option(
        "keep_text_days",
        int,
        "delete dictations older than this many days; 0 keeps them",
        "N",
        lowest=0,
    ),
)
BY_NAME = {option.name: option for option in OPTIONS}
RIVALS = {"source": "source_command", "source_command": "source"}
"""Settings that exclude each other: the one with the stronger origin resets the other."""
