"""Leaving at the moments at which something else is under way."""

from __future__ import annotations

import asyncio

from skdictate.errors import Exit
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from tests.screenshots import until


async def test_who_leaves_while_a_dictation_fails_to_begin_need_not_say_so_twice(
    paths: Paths,
) -> None:
    app = DictateApp(Settings(source="nowhere", endpoint="127.0.0.1:1", plaintext=True), paths)
    async with app.run_test():
        await until(lambda: app.dictation_control.is_ready)
        app.action_begin()
        app.action_leave()
        await until(lambda: app.return_value is not None, patience_s=20.0)
    assert app.return_value == Exit.USAGE
    assert await asyncio.to_thread(app.worker.close, 5.0)
