"""Packages that are missing, broken, hanging or deadly, and the command that mends them."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from skdictate.doctor import python_check
from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.errors import Exit

ROOT = Path(__file__).parents[2]


async def test_here_all_is_well(case: CheckContext) -> None:
    finding = await python_check.packages(case)
    assert finding.state is CheckState.OK
    for name in python_check.PACKAGES:
        assert f"{name} {importlib.metadata.version(name)}" in finding.detail


def test_every_dependency_is_looked_at() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    elsewhere = {"sounddevice", "pulsectl", "moonshine-voice"}
    assert {Requirement(line).name for line in wanted} == {*python_check.PACKAGES, *elsewhere}


def test_the_oldest_python_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=" + ".".join(map(str, python_check.OLDEST))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ImportError('no \\x1b[31mlibrary')", "ImportError: no \ufffd[31mlibrary"),
        ("import time; time.sleep(60)", "not done after 0.5 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with code -11"),
        ("raise SystemExit('out of paper')", "ended with code 1 out of paper"),
    ],
)
async def test_a_broken_package_is_named_with_what_mends_it(
    case: CheckContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, said: str
) -> None:
    (tmp_path / "soxr.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if "sleep" in source:
        monkeypatch.setattr(python_check, "IMPORT_S", 0.5)
        monkeypatch.setattr(python_check, "PACKAGES", {"soxr": "soxr"})
    finding = await python_check.packages(case)
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.CONFIG)
    assert finding.detail.startswith("soxr is broken")
    assert said in finding.detail
    command = shlex.split(finding.hint.split("\n")[1])
    assert command[0] == sys.executable or "--python" in command
    assert Requirement(command[-1]).name == "soxr"
    assert Requirement(command[-1]).specifier.contains("0.5")


async def test_a_package_that_is_not_there_is_said_to_be_missing(
    case: CheckContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(python_check.PACKAGES, "no-such-thing", "nosuchthing")
    finding = await python_check.packages(case)
    assert finding.detail == "no-such-thing is missing"
    assert finding.hint.endswith(" no-such-thing")


async def test_an_old_python_is_not_enough(
    case: CheckContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await python_check.version(case)).state is CheckState.OK
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    finding = await python_check.version(case)
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.CONFIG)
    assert "3.11" in finding.hint
