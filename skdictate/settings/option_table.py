"""The table of options: each is a flag, a variable and a key of ``config.toml``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "SKDICTATE_"


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
    is_private: bool = False
    """Of its words only the first is shown: the others may be secret."""

    @property
    def flag(self) -> str:
        """As on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """It takes no value: it is on, or with ``--no-`` off."""
        return self.parse is as_flag

    @property
    def variable(self) -> str:
        """As in the environment."""
        return PREFIX + self.name.upper()


def as_text(value: str) -> str:
    """A text without the spaces around it."""
    return value.strip()


def as_flag(value: str) -> bool:
    """On or off, in one of the usual words."""
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(value)


def as_channel(value: str) -> int:
    """Of a microphone: 0 for all of them mixed."""
    return 0 if value.strip().lower() == "mix" else int(value)


def as_words(value: str) -> tuple[str, ...]:
    """A command and its arguments, as a shell would take it apart."""
    import shlex

    return tuple(shlex.split(value))


def as_classifier(value: str) -> str:
    """A classifier of the service, and when it is to speak."""
    name, mark, triggers = value.strip().partition(":")
    known = {"utterance", "final", "partial"}
    if not name or (mark and not known.issuperset(triggers.split("+"))):
        raise ValueError(value)
    return value.strip()


WANTED: dict[Any, str] = {
    int: "a whole number",
    as_channel: "mix, or a number",
    float: "a number",
    as_flag: "true or false",
    as_words: "a command and its arguments, with quotes in pairs",
    as_classifier: "NAME, or NAME:WHEN; several of utterance, final and partial go with +",
}
TYPES: dict[Any, tuple[type, ...]] = {
    int: (int,),
    as_channel: (int,),
    float: (int, float),
    as_flag: (bool,),
}
"""What a value of the file may be, where it is no text."""
RATES = (8_000, 16_000, 48_000)

OPTIONS = (
    Option(
        "source",
        as_text,
        "mic, mic:NAME, remote, ssh://HOST, file:PATH, stdin or demo",
        "WHERE",
    ),
    Option("source_command", as_words, "a program that records and prints; no shell", "COMMAND"),
    Option(
        "engine",
        as_text,
        "who recognises: auto is speechkit with a key, else local",
        choices=("auto", "local", "speechkit"),
    ),
    Option("api", as_text, "version of the SpeechKit API", choices=("v3", "v2")),
    Option("endpoint", as_text, "another server: HOST:PORT or unix:PATH", "ADDRESS"),
    Option("plaintext", as_flag, "no TLS; to this machine only"),
    Option("ca_cert", as_text, "trust this root certificate", "FILE"),
    Option(
        "auth",
        as_text,
        "who signs in: what is found, or one of these",
        choices=("auto", "metadata", "yc"),
    ),
    Option("api_key_file", as_text, "a key, a token or key.json; - for standard input", "FILE"),
    Option(
        "credential_command",
        as_words,
        "prints a key or a token; no shell",
        "COMMAND",
        is_private=True,
    ),
    Option("folder_id", as_text, "who pays, if a person signs in", "ID"),
    Option("iam_endpoint", as_text, "another IAM service", "HOST"),
    Option(
        "language",
        as_text,
        "language spoken: en-US ... or auto; may be repeated",
        "CODE",
        is_list=True,
    ),
    Option("model", as_text, "of the service: general, general:rc ...", "NAME"),
    Option("normalize", as_flag, "numbers as digits, and the next three; on by default"),
    Option("literature_text", as_flag, "capitals and punctuation; on by default"),
    Option("phone_format", as_flag, "telephone numbers in groups; on by default"),
    Option("profanity_filter", as_flag, "mask strong language"),
    Option(
        "patience",
        as_text,
        "with pauses, before a sentence ends",
        choices=("short", "normal", "long"),
    ),
    Option(
        "eou", as_text, "who ends a sentence: the service, or you", choices=("default", "external")
    ),
    Option(
        "eou_sensitivity",
        as_text,
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
        as_classifier,
        "insult, gender ...; NAME:WHEN with utterance, final, partial; may be repeated",
        "NAME",
        is_list=True,
    ),
    Option("speech_analysis", as_flag, "statistics of each speaker"),
    Option("speaker_labelling", as_flag, "tell two speakers apart; text comes late"),
    Option("summarize", as_text, "ask a language model this about each session", "PROMPT"),
    Option("summarize_model", as_text, "the model that is asked", "URI"),
    Option("rate", int, "samples per second", choices=RATES),
    Option("chunk_ms", int, "audio in one message", "MS", lowest=20, highest=2_000),
    Option("speed", float, "pace of a file: 1 as spoken, 0 as fast as can be", "N", lowest=0),
    Option("session_seconds", float, "the server's limit on a session", "S", lowest=5),
    Option("session_megabytes", float, "the server's limit on its data", "MB", lowest=0.1),
    Option("idle_seconds", float, "the server's limit between messages", "S", lowest=1),
    Option(
        "channel", as_channel, "of a stereo microphone: mix, 1 or 2", "mix|N", lowest=0, highest=32
    ),
    Option("stop_after", float, "stop after this much silence; 0 for never", "S", lowest=0),
    Option(
        "silence",
        as_text,
        "in long silence: leave the session, which saves money, or send it",
        choices=("leave", "send"),
    ),
    Option(
        "keep_alive",
        as_text,
        "a session is kept in a pause by silence as sound, or by v3's silence_chunk",
        choices=("silence", "chunk"),
    ),
    Option(
        "second_session",
        as_flag,
        "a second one, billed too, beside one that falls silent; on by default",
    ),
    Option(
        "budget_s",
        float,
        "have no more than this billed for a dictation; 0 for no limit",
        "S",
        lowest=0,
    ),
    Option("budget_day_s", float, "the same for all of a day", "S", lowest=0),
    Option("format", as_text, "form of the text", choices=("text", "json", "srt", "vtt", "md")),
    Option("output", as_text, "write the text to this file", "FILE"),
    Option("talk", as_text, "space starts and stops, or is held", choices=("toggle", "hold")),
    Option("keep_audio", as_flag, "keep the sound when all is recognised; on by default"),
    Option("keep_audio_days", int, "remove older sound; 0 to keep it", "N", lowest=0),
    Option("keep_text_days", int, "remove older dictations; 0 to keep them", "N", lowest=0),
)
BY_NAME = {option.name: option for option in OPTIONS}
RIVALS = {"source": "source_command", "source_command": "source"}
"""What takes the place of another; a flag also that of what the file says of the other."""
