"""The user's file, changed a key at a time."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from skdictate.errors import Kind, ProblemError
from skdictate.settings.config import load
from skdictate.settings.config_file import ConfigFile

WRITTEN = """\
# What I want.  (keep)

rate   =   8000     # the old headset
another = { y = 1 } # some day
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "there" / "config.toml"


def written(file: Path, text: str) -> ConfigFile:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode())
    return ConfigFile(file)


def test_a_new_file_is_private_and_so_is_its_folder(file: Path) -> None:
    ConfigFile(file).put("language", ("ru-RU", "en-US"))
    ConfigFile(file).put("speed", 4.0)
    assert file.read_text() == 'language = ["ru-RU", "en-US"]\nspeed = 4\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert load({}, {}, file).settings.language == ("ru-RU", "en-US")


def test_what_else_is_in_it_stays_to_the_byte(file: Path) -> None:
    it = written(file, WRITTEN)
    it.put("rate", 48_000)
    assert file.read_text() == WRITTEN.replace("8000", "48000")
    it.put("plaintext", True)
    assert tomllib.loads(file.read_text())["plaintext"] is True
    it.drop("plaintext")
    it.put("rate", 8_000)
    assert file.read_text() == WRITTEN
    assert [found.name for found in file.parent.iterdir()] == ["config.toml"]


def test_a_comment_outlives_the_key_beside_it(file: Path) -> None:
    written(file, WRITTEN).drop("rate")
    assert file.read_text() == WRITTEN.replace("rate   =   8000     #", "#")


def test_what_is_not_there_is_not_taken_out(file: Path) -> None:
    ConfigFile(file).drop("rate")
    assert not file.exists()


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (("en-US", "de-DE"), '[\n  "en-US",  # other\n  "de-DE",\n] # all\n'),
        (("ru-RU",), '[\n  "ru-RU",  # main\n] # all\n'),
        (("en-US", "ru-RU"), '["en-US", "ru-RU"] # all\n'),
    ],
)
def test_lines_of_a_list_stay_as_long_as_they_can(
    file: Path, value: tuple[str, ...], left: str
) -> None:
    text = 'language = [\n  "ru-RU",  # main\n  "en-US",  # other\n] # all\n'
    written(file, text).put("language", value)
    assert file.read_text() == f"language = {left}"


def test_line_ends_and_a_last_line_without_one_are_no_trouble(file: Path) -> None:
    it = written(file, "rate = 8000\r\napi = 'v2'")
    it.put("rate", 16_000)
    it.put("eou", "external")
    assert file.read_bytes() == b"rate = 16000\r\napi = 'v2'\neou = \"external\"\n"


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("rate = 8000\n")
    file.parent.mkdir()
    file.symlink_to(real)
    ConfigFile(file).put("rate", 48_000)
    assert file.is_symlink()
    assert real.read_text() == "rate = 48000\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"rate = \n", "cannot be read"), (b"\xff\xfe", "cannot be read")],
)
def test_a_broken_file_is_told_and_left_alone(file: Path, text: bytes, said: str) -> None:
    file.parent.mkdir()
    file.write_bytes(text)
    with pytest.raises(ProblemError, match=said) as caught:
        ConfigFile(file).put("rate", 8_000)
    assert caught.value.problem.kind is Kind.CONFIG
    with pytest.raises(ProblemError, match=said):
        ConfigFile(file).drop("rate")
    assert file.read_bytes() == text


def test_a_read_only_file_is_told_and_left_alone(file: Path) -> None:
    it = written(file, WRITTEN)
    file.chmod(0o400)
    with pytest.raises(ProblemError, match="is read-only"):
        it.put("rate", 48_000)
    assert file.read_text() == WRITTEN


def test_a_place_that_takes_nothing_is_told_and_nothing_is_lost(file: Path) -> None:
    it = written(file, WRITTEN)
    (file.parent / "config.toml.new").mkdir()  # in the way, also of root
    with pytest.raises(ProblemError, match="cannot be saved") as caught:
        it.put("rate", 48_000)
    assert caught.value.problem.kind is Kind.DISK
    assert file.read_text() == WRITTEN
    nowhere = ConfigFile(file / "below" / "config.toml")
    with pytest.raises(ProblemError):
        nowhere.put("rate", 48_000)
