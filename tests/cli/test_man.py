"""The manual page says what there is, and every system can show it."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from skdictate.cli.main import _parser

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "man" / "skdictate-mic.1"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = [it for it in parser._actions if isinstance(it, argparse._SubParsersAction)]
    return dict(action.choices)


def synopses() -> dict[str, set[str]]:
    """The options of each command, as the page has them at its top."""
    top = PAGE.read_text().split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
    found: dict[str, set[str]] = {}
    for part in re.split(r"^\.Nm ", top, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        found[name] = {f"--{it}" for it in re.findall(r"Fl -([a-z][a-z-]*)", rest)}
    return found


def test_each_command_has_the_options_that_it_takes() -> None:
    group = commands(commands(_parser())["mic"])
    listed = synopses()
    for name, parser in group.items():
        if name == "out":
            continue  # nobody types it
        options = {it for action in parser._actions for it in action.option_strings}
        assert listed[f"skdictate mic {name}"] == options - {"-h", "--help"}, name


def test_each_option_is_explained() -> None:
    options = PAGE.read_text().split(".Sh OPTIONS")[1].split(".Sh SECURITY")[0]
    explained = {f"--{it}" for it in re.findall(r"Fl -([a-z-]+)", options)}
    wanted = {it for name, its in synopses().items() if " mic " in name for it in its}
    assert explained == wanted


def test_the_page_is_installed_where_man_looks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    targets = project["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["shared-data"] == {"man": "share/man/man1"}
    assert "/man" in targets["sdist"]["include"]


def test_it_can_be_formatted() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    command = ["groff", "-mandoc", "-Tutf8", "-ww", str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    plain = re.sub(r"\x1b\[\d*m|.\x08", "", done.stdout)
    assert "Root on the server can hear everything" in " ".join(plain.split())
