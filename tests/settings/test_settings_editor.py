"""The settings as a person edits them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skdictate.app.settings_conflicts import disagreement
from skdictate.errors import Kind, ProblemError
from skdictate.settings.config import Settings, load
from skdictate.settings.option_table import BY_NAME, OPTIONS
from skdictate.settings.settings_editor import GROUPS, SettingsEditor, option_groups


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def editor(file: Path, flags: dict[str, Any] | None = None, **environ: str) -> SettingsEditor:
    config = load(flags or {}, environ, file)
    return SettingsEditor(config.settings, config.origins, file)


def test_every_option_is_in_one_group() -> None:
    names = [name for _, names in GROUPS for name in names]
    assert sorted(names) == sorted(option.name for option in OPTIONS)
    assert [option.name for _, options in option_groups() for option in options] == names


@pytest.mark.parametrize(
    ("name", "given", "value", "left"),
    [
        ("rate", "8000", 8_000, "rate = 8000\n"),
        ("plaintext", True, True, "plaintext = true\n"),
        ("normalize", False, False, "normalize = false\n"),
        ("api", "v2", "v2", 'api = "v2"\n'),
        ("max_pause_ms", "700", 700, "max_pause_ms = 700\n"),
        ("stop_after", "2.5", 2.5, "stop_after = 2.5\n"),
        ("stop_after", " 3 ", 3.0, "stop_after = 3\n"),
        ("channel", "2", 2, "channel = 2\n"),
        ("language", "ru-RU, en-US", ("ru-RU", "en-US"), 'language = ["ru-RU", "en-US"]\n'),
        ("language", ["de-DE"], ("de-DE",), 'language = ["de-DE"]\n'),
        ("classifier", "gender:final+partial", ("gender:final+partial",), None),
        (
            "credential_command",
            "pass 'a b'",
            ("pass", "a b"),
            'credential_command = ["pass", "a b"]\n',
        ),
        ("summarize", "What?", "What?", 'summarize = "What?"\n'),
    ],
)
def test_what_is_changed_is_kept_and_read_again(
    file: Path, name: str, given: Any, value: Any, left: str | None
) -> None:
    it, option = editor(file), BY_NAME[name]
    assert it.origin(option) == "default"
    it.change(option, given)
    assert getattr(it.settings, name) == value
    assert it.origin(option) == str(file)
    assert left is None or file.read_text() == left
    again = editor(file)
    assert again.settings == it.settings
    if not option.is_private and not option.is_switch:
        again.change(option, again.editable_text(option))
        assert again.settings == it.settings, "what one is given to edit is what it was"
    it.reset(option)
    assert file.read_text() == ""
    assert (it.settings, it.origin(option)) == (Settings(), "default")


@pytest.mark.parametrize(("name", "given"), [("rate", "16000"), ("rate", ""), ("speed", "  ")])
def test_the_default_is_not_written(file: Path, name: str, given: str) -> None:
    file.write_text(f"{name} = 8000\napi = 'v2'\n")
    it = editor(file)
    it.change(BY_NAME[name], given)
    assert file.read_text() == "api = 'v2'\n"
    assert it.origin(BY_NAME[name]) == "default"


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("rate", "5", "Use one of: 8000, 16000, 48000."),
        ("rate", "much", "Use a whole number."),
        ("chunk_ms", "9", "The minimum is 20."),
        ("classifier", ":now", "Use NAME or NAME:WHEN"),
        ("credential_command", "a 'b", "with quotes in pairs"),
        ("api_key_file", "AQVN" + "x" * 36, "press k"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    file: Path, name: str, given: str, hint: str
) -> None:
    it = editor(file)
    with pytest.raises(ProblemError) as caught:
        it.change(BY_NAME[name], given)
    assert hint in caught.value.problem.hint
    assert "AQVN" not in str(caught.value)
    assert it.settings == Settings()
    assert not file.exists()


def test_a_file_that_takes_nothing_changes_nothing(file: Path) -> None:
    it = editor(file)
    file.write_text("rate = \n")
    with pytest.raises(ProblemError, match="cannot be read") as caught:
        it.change(BY_NAME["api"], "v2")
    assert caught.value.problem.kind is Kind.CONFIG
    with pytest.raises(ProblemError):
        it.reset(BY_NAME["api"])
    assert it.settings == Settings()


def test_what_comes_before_the_file_cannot_be_changed_in_it(file: Path) -> None:
    file.write_text("rate = 8000\n")
    it = editor(file, {"rate": "48000"}, SKDICTATE_API="v2")
    rate, api = BY_NAME["rate"], BY_NAME["api"]
    assert (it.origin(rate), it.value_text(rate)) == ("--rate", "48000")
    assert it.obstacle(rate).startswith("--rate was given")
    assert it.obstacle(api).startswith("SKDICTATE_API is set")
    assert it.obstacle(BY_NAME["eou"]) == ""


def test_values_are_shown_for_people_and_secrets_to_nobody(file: Path) -> None:
    file.write_text(
        'credential_command = ["vault", "canary"]\nlanguage = ["a\\u001b[2J", "b"]\nspeed = 2\n'
    )
    it = editor(file)
    shown = {option.name: it.value_text(option) for option in OPTIONS}
    assert shown["credential_command"] == "vault …"
    assert it.editable_text(BY_NAME["credential_command"]) == ""
    assert "canary" not in repr(shown)
    assert shown["language"] == "a\ufffd[2J, b"
    assert (shown["channel"], shown["speed"], shown["endpoint"]) == ("mix", "2", "-")
    assert (shown["plaintext"], shown["normalize"]) == ("off", "on")


def test_what_a_running_program_cannot_take_up_counts_from_its_next_start(file: Path) -> None:
    before = Settings(source="mic:yeti")
    it = editor(file)
    for name, given in (("talk", "hold"), ("source", "stdin"), ("rate", "8000")):
        it.change(BY_NAME[name], given)
    now = it.effective(before)
    assert (now.talk, now.source, now.rate) == ("toggle", "mic:yeti", 8_000)
    assert [o.name for o in OPTIONS if it.counts_later(o)] == ["source", "talk"]
    it.change(BY_NAME["source"], "demo")
    assert it.effective(before).source == "demo"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"engine": "local", "language": ("ru-RU",)}, "knows English only"),
        ({"engine": "local", "endpoint": "unix:/x"}, "Two recognisers at once"),
        ({"endpoint": "nonsense"}, "address is not valid"),
        ({"endpoint": "10.0.0.1:1", "plaintext": True}, "Speech is not sent unencrypted"),
        ({"api": "v2", "keep_alive": "chunk"}, "It does not have --keep-alive"),
        ({"api": "v2", "language": ("ru-RU", "de-DE")}, "API v2 cannot do that"),
        ({"profanity_filter": True, "normalize": False}, "Two settings contradict each other"),
        ({"folder_id": "a b"}, "not a folder id"),
        ({"iam_endpoint": "http://10.0.0.1"}, "not encrypted"),
        ({"api_key_file": "AQVN" + "x" * 36}, "not the key itself"),
    ],
)
def test_what_does_not_go_together_is_known_before_anyone_signs_in(
    settings: dict[str, Any], said: str
) -> None:
    problem = disagreement(Settings(**settings), {})
    assert (said in str(problem)) if said else problem is None
