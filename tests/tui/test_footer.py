"""The footer in terminals of every width: what it shows is whole, and there is always a way out."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets._footer import FooterKey

from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from skdictate.tui.widgets.footer import KeyFooter
from tests.screenshots import until


def shown(app: DictateApp) -> list[str]:
    return [key.description for key in app.main_screen.query(FooterKey)]


@pytest.mark.parametrize("width", [100, 80, 60, 44])
async def test_what_does_not_fit_gives_way(paths: Paths, width: int) -> None:
    settings = Settings(source="nowhere", endpoint="unix:/nowhere")
    app = DictateApp(settings, paths)
    async with app.run_test(size=(width, 24)) as pilot:
        await until(lambda: "Start" in shown(app))
        for is_at_rest in (False, True):
            app.main_screen.query_one(KeyFooter).is_at_rest = is_at_rest
            for now in (120, width):
                await pilot.resize_terminal(now, 24)
                await until(lambda now=now: app.size.width == now)  # type: ignore[misc]
                await pilot.pause(0.2)
                assert max(key.region.right for key in app.main_screen.query(FooterKey)) <= now
                assert shown(app)[-2:] == ["Help", "Quit"]
                assert ("History" in shown(app)) is is_at_rest
    assert await asyncio.to_thread(app.worker.close, 5.0)
