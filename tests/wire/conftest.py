"""An environment of its own for Yandex's package, which needs another protobuf than we do."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.environments import locked

YANDEXCLOUD = "yandexcloud==0.413.0"


@pytest.fixture(scope="session")
def yandex_python(pytestconfig: pytest.Config) -> Path:
    """The interpreter of an environment that has ``yandexcloud``, kept between runs."""
    assert pytestconfig.cache is not None
    home = pytestconfig.cache.mkdir("yandexcloud") / f"{YANDEXCLOUD}-py{sys.version_info.minor}"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = home / "installed"
    with locked(home):
        if not done.exists():
            venv.create(home, with_pip=True, clear=True)
            command = [str(python), "-m", "pip", "install", "--quiet", YANDEXCLOUD]
            quiet = subprocess.DEVNULL
            subprocess.run(command, check=True, stdout=quiet, stderr=quiet)
            done.touch()
    return python
