from __future__ import annotations

import os

import pytest

from skdictate.checks.finding import Case
from skdictate.paths import Paths


@pytest.fixture
def case(paths: Paths) -> Case:
    """The settings by default, and the environment of the test."""
    return Case(paths, os.environ)
