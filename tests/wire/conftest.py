"""An environment of its own for Yandex's package, which needs another protobuf than we do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environments import python_with

YANDEXCLOUD = "yandexcloud==0.413.0"


@pytest.fixture(scope="session")
def yandex_python(pytestconfig: pytest.Config) -> Path:
    """The interpreter of an environment that has ``yandexcloud``."""
    return python_with(pytestconfig, "yandexcloud", YANDEXCLOUD)
