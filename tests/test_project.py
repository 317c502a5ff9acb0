"""What the project says of itself is true: dependencies, and the tables of the manual."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from packaging.requirements import Requirement
from textual.binding import Binding

from skdictate.core.findings import Found
from skdictate.errors import Exit
from skdictate.output.formats import FORMATS
from skdictate.settings.option_table import OPTIONS
from skdictate.speechkit.auth.credential_lookup import SYSTEMD_NAME, VARIABLES
from skdictate.tui.actions import ACTIONS
from skdictate.tui.dictation_control import HOLD, TOGGLE
from skdictate.tui.screens.past_dictation_screen import PastDictationScreen

ROOT = Path(__file__).parents[1]
README = "README.md"
DICTATE = "docs/dictate.md"
OPTIONS_PAGE = "docs/options.md"
SCRIPTING = "docs/scripting.md"
SPEECHKIT = "docs/speechkit.md"
DARWIN = "Darwin Kernel Version {}.1.0: root:xnu-1/RELEASE_ARM64"


def section(page: str, heading: str) -> str:
    """What stands below a heading of a page, to the next one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(page: str, heading: str) -> list[list[str]]:
    """The table below a heading of a page, without its head."""
    lines = re.findall(r"^\|.*\|$", section(page, heading), re.MULTILINE)[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_manual_lists_the_keys_of_the_app() -> None:
    for page, heading, way in ((README, "Keys", TOGGLE), (DICTATE, "Hold to talk", HOLD)):
        keys = [a for a in ACTIONS if a.help and (a.way == way or (way == TOGGLE and not a.way))]
        assert rows(page, heading) == [[action.key, action.help] for action in keys]


def test_the_manual_names_the_keys_of_an_old_dictation() -> None:
    text = section(DICTATE, "Recognising again")
    for binding in PastDictationScreen.BINDINGS:
        assert isinstance(binding, Binding)
        key = binding.key.split(",")[0]
        assert f"`{key}`" in text or key == "escape"


def test_the_manual_lists_the_options() -> None:
    listed = {row[0].split()[0] for row in rows(OPTIONS_PAGE, "Options")}
    assert listed == {option.flag for option in OPTIONS}


def test_the_manual_lists_the_ways_to_sign_in_in_their_order() -> None:
    ways = " ".join(row[1] for row in rows(SPEECHKIT, "Signing in"))
    places = ["--api-key-file", *VARIABLES, SYSTEMD_NAME, "auth login", "credential_command"]
    found = [ways.index(place) for place in places]
    assert found == sorted(found)


def test_the_manual_lists_the_exit_codes() -> None:
    assert {int(row[0]) for row in rows(SCRIPTING, "Exit codes")} == {int(code) for code in Exit}


def test_the_manual_names_every_format() -> None:
    assert all(f"`{name}`" in section(SCRIPTING, "Output") for name in FORMATS)


def test_the_manual_lists_what_is_told_beside_the_text() -> None:
    table = rows(SPEECHKIT, "Beside the text")
    listed = {row[0]: set(re.findall(r"`(\w+)`", f"`{row[1]}`")) for row in table}
    assert listed.keys() == {kind.kind for kind in get_args(Found)}
    for kind in get_args(Found):
        said = {field.name for field in fields(kind)} - {"start_ms", "end_ms"}
        assert said <= listed[kind.kind]


@pytest.mark.parametrize(
    ("environment", "is_there"),
    [
        ({"sys_platform": "linux", "platform_machine": "x86_64"}, True),
        ({"sys_platform": "linux", "platform_machine": "aarch64"}, True),
        ({"sys_platform": "linux", "platform_machine": "riscv64"}, False),
        ({"sys_platform": "win32", "platform_machine": "AMD64"}, True),
        ({"sys_platform": "win32", "platform_machine": "ARM64"}, False),
        ({"sys_platform": "darwin", "platform_machine": "x86_64"}, False),
        *(
            (
                {
                    "sys_platform": "darwin",
                    "platform_machine": "arm64",
                    "platform_version": DARWIN.format(version),
                },
                version >= 24,
            )
            for version in (20, 21, 22, 23, 24, 25, 26)
        ),
    ],
)
def test_the_recogniser_is_wanted_where_it_has_a_package(
    environment: dict[str, str], is_there: bool
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    moonshine = [line for line in wanted if line.name == "moonshine-voice"]
    markers = [line.marker.evaluate(environment) for line in moonshine if line.marker]
    assert len(markers) == len(moonshine)
    assert sum(markers) == is_there
