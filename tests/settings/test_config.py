from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skdictate.errors import Exit, Kind, ProblemError
from skdictate.settings.config import Settings, load
from skdictate.settings.option_table import OPTIONS

CLASSIFIERS = ("insult", "gender:final+partial")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_anything_the_defaults_hold(file: Path) -> None:
    config = load({}, {}, file)
    assert config.settings == Settings()
    assert set(config.origins.values()) == {"default"}


def test_a_flag_beats_the_environment_beats_the_file(file: Path) -> None:
    file.write_text('rate = 8000\nchunk_ms = 40\nsource = "demo"\n')
    environ = {"SKDICTATE_RATE": "48000", "SKDICTATE_CHUNK_MS": "60", "HOME": "/"}
    config = load({"rate": "16000"}, environ, file)
    assert (config.settings.rate, config.settings.chunk_ms) == (16_000, 60)
    assert config.settings.source == "demo"
    assert config.origins["rate"] == "--rate"
    assert config.origins["chunk_ms"] == "SKDICTATE_CHUNK_MS"
    assert config.origins["source"] == str(file)


def test_of_two_sources_the_stronger_one_counts(file: Path) -> None:
    file.write_text('source_command = "arecord -q"\n')
    assert load({}, {}, file).settings.source_command == ("arecord", "-q")
    config = load({"source": "demo"}, {}, file)
    assert (config.settings.source, config.settings.source_command) == ("demo", ())
    assert config.origins["source_command"] == "default"
    file.write_text('source = "demo"\n')
    config = load({}, {"SKDICTATE_SOURCE_COMMAND": "rec -"}, file)
    assert (config.settings.source, config.settings.source_command) == ("mic", ("rec", "-"))
    both = load({"source": "demo", "source_command": "rec"}, {}, file).settings
    assert (both.source, both.source_command) == ("demo", ("rec",))


@pytest.mark.parametrize(
    ("toml", "environ", "name", "value"),
    [
        ("plaintext = true", {}, "plaintext", True),
        ("", {"SKDICTATE_PLAINTEXT": "yes"}, "plaintext", True),
        ("plaintext = true", {"SKDICTATE_PLAINTEXT": "0"}, "plaintext", False),
        ("speed = 4", {}, "speed", 4.0),
        ("", {"SKDICTATE_SPEED": "2.5"}, "speed", 2.5),
        ('language = ["ru-RU", "en-US"]', {}, "language", ("ru-RU", "en-US")),
        ("", {"SKDICTATE_LANGUAGE": "ru-RU, en-US"}, "language", ("ru-RU", "en-US")),
        ('classifier = ["insult", "gender:final+partial"]', {}, "classifier", CLASSIFIERS),
        ("", {"SKDICTATE_CLASSIFIER": "insult,gender:final+partial"}, "classifier", CLASSIFIERS),
        ("normalize = false", {}, "normalize", False),
        ("normalize = false", {"SKDICTATE_NORMALIZE": "on"}, "normalize", True),
        ("max_pause_ms = 700", {}, "max_pause_ms", 700),
        ('summarize = "What, and why?"', {}, "summarize", "What, and why?"),
        ('credential_command = ["a b", "c"]', {}, "credential_command", ("a b", "c")),
        ("credential_command = \"a 'b c'\"", {}, "credential_command", ("a", "b c")),
    ],
)
def test_values_have_their_own_types(
    file: Path, toml: str, environ: dict[str, str], name: str, value: Any
) -> None:
    file.write_text(toml)
    assert getattr(load({}, environ, file).settings, name) == value


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("rate = 11025", "Use one of: 8000, 16000, 48000."),
        ('rate = "fast"', "Use a whole number."),
        ("rate = true", "Use a whole number."),
        ("rate = 16000.0", "Use a whole number."),
        ("plaintext = 1", "Use true or false."),
        ("speed = -1", "The minimum is 0."),
        ("speed = nan", "The minimum is 0."),
        ("chunk_ms = 100000", "The maximum is 2000."),
        ("source = 5", "Use a text."),
        ("language = [1]", "Separate the items"),
        ('classifier = "insult:now"', "Use NAME or NAME:WHEN"),
        ('classifier = [":final"]', "Use NAME or NAME:WHEN"),
        ('patience = "none"', "Use one of: short, normal, long."),
        ('eou = "me"', "Use one of: default, external."),
        ("max_pause_ms = 0", "The minimum is 1."),
        ("credential_command = [1]", "Use a command"),
        ("credential_command = 'a \"'", "Use a command"),
        ("speed = [1]", "Use a number."),
        ("chunkms = 5", "Did you mean 'chunk_ms'?"),
        ("rate = ", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_said_with_what_would_be_right(file: Path, toml: str, said: str) -> None:
    file.write_text(toml)
    with pytest.raises(ProblemError) as caught:
        load({}, {}, file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert caught.value.problem.exit_code is Exit.CONFIG


def test_an_unknown_variable_names_the_nearest_known_one(file: Path) -> None:
    with pytest.raises(ProblemError, match="Did you mean 'SKDICTATE_LANGUAGE'"):
        load({}, {"SKDICTATE_LANG": "ru"}, file)
    load({}, {"SKDICTATE_HOME": "/x", "SKDICTATE_API_KEY": "secret"}, file)


def test_a_wrong_flag_is_wrong_usage(file: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        load({"rate": "5"}, {}, file)
    assert caught.value.problem.kind is Kind.USAGE


def test_a_file_that_is_no_text_is_said_in_words(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProblemError, match="cannot be read"):
        load({}, {}, file)


def test_every_setting_is_an_option_and_every_option_a_setting() -> None:
    assert {option.name for option in OPTIONS} == set(Settings.__dataclass_fields__)
