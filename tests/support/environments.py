"""Environments that are made once and used by several test processes."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """While inside, no other process is; the others wait."""
    import fcntl

    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def python_with(config: pytest.Config, name: str, *requirements: str) -> Path:
    """The interpreter of an environment that has these packages, kept between runs.

    Args:
        config: of the run; it knows where things are kept.
        name: of the folder for it.
        requirements: as pip takes them; others make another environment.
    """
    assert config.cache is not None
    minor = sys.version_info.minor
    wanted = re.sub(r"[^\w.=-]+", "_", "+".join(requirements))
    home = config.cache.mkdir(name) / f"{wanted}-py{minor}"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = home / "installed"
    with locked(home):
        if not done.exists():
            venv.create(home, with_pip=True, clear=True)
            command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
            quiet = subprocess.DEVNULL
            subprocess.run(command, check=True, stdout=quiet, stderr=quiet)
            done.touch()
    return python


def node_modules_with(config: pytest.Config, name: str, *packages: str) -> Path:
    """The ``node_modules`` of a folder that has these packages, kept between runs.

    Args:
        config: of the run; it knows where things are kept.
        name: of the folder for it.
        packages: as npm takes them; their scripts are not run.
    """
    assert config.cache is not None
    home = config.cache.mkdir(name)
    with locked(home):
        if not (home / "installed").exists():
            (home / "package.json").write_text("{}")
            command = ["npm", "install", "--ignore-scripts", *packages]
            subprocess.run(command, cwd=home, check=True, capture_output=True)
            (home / "installed").touch()
    return home / "node_modules"
