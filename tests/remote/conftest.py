"""An app that waits for a microphone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from skdictate.paths import Paths
from tests.line import App


@pytest.fixture
async def app(paths: Paths) -> AsyncIterator[App]:
    async with App(paths) as running:
        yield running
