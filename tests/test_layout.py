"""The layout of the package: its root, names that are unique, rooms in every contract."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skdictate"
AT_THE_ROOT = {"__init__.py", "__main__.py", "errors.py"}
MAY_RECUR = {"__init__", "__main__", "base"}
"""``base`` is what a room asks of those who stand below or behind it."""


def modules() -> list[Path]:
    return [it for it in PACKAGE.rglob("*.py") if "_pb" not in it.parts]


def rooms() -> set[str]:
    return {it.parent.name for it in PACKAGE.glob("*/__init__.py")} - {"_pb"}


def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = project["tool"]["importlinter"]["contracts"]
    return list(found)


def test_the_root_of_the_package_holds_errors_and_the_entry_point_only() -> None:
    assert {it.name for it in PACKAGE.glob("*.py")} == AT_THE_ROOT


def test_a_module_name_says_which_module_is_meant() -> None:
    names = Counter(it.stem for it in modules())
    assert [name for name, n in names.items() if n > 1 and name not in MAY_RECUR] == []


def test_every_room_has_its_floor() -> None:
    floors = contracts()[0]
    assert floors["exhaustive"] is True
    named = {room.strip() for layer in floors["layers"] for room in layer.split("|")}
    assert named == rooms() | {"errors"}


def test_what_only_some_rooms_may_import_is_forbidden_to_all_others() -> None:
    only_in = {
        "textual": {"tui"},
        "grpc": {"speechkit", "server"},
        "sounddevice": {"mic"},
        "moonshine_voice": {"server"},
        "websockets": {"remote_mic"},
    }
    for package, allowed in only_in.items():
        lists = [
            set(it["source_modules"])
            for it in contracts()
            if package in it.get("forbidden_modules", [])
        ]
        rest = {f"skdictate.{room}" for room in (rooms() | {"errors"}) - allowed}
        assert rest in lists, package
