"""An app that waits for a microphone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from skdictate.system.paths import Paths
from tests.support.mic_line import App


@pytest.fixture
async def app(paths: Paths) -> AsyncIterator[App]:
    async with App(paths) as running:
        yield running
