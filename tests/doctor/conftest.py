from __future__ import annotations

import os

import pytest

from skdictate.doctor.check_result import CheckContext
from skdictate.system.paths import Paths


@pytest.fixture
def case(paths: Paths) -> CheckContext:
    """The settings by default, and the environment of the test."""
    return CheckContext(paths, os.environ)
