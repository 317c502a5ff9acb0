"""A result that arrives after its screen's widgets are gone is dropped, and the app goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.screen import Screen

from skdictate.app.archive import Archive
from skdictate.sources import device_survey
from skdictate.speechkit.auth.sign_in import KeyStorage
from skdictate.system.paths import Paths
from skdictate.tui.screens.history_screen import HistoryScreen
from skdictate.tui.screens.microphone_screen import MicrophoneScreen
from skdictate.tui.screens.past_dictation_screen import PastDictationScreen
from skdictate.tui.screens.sign_in_screen import SignInScreen
from tests.screenshots import until
from tests.tui.test_ways_out import opened


class Hold:
    """Keeps a result back until it is released."""

    def __init__(self) -> None:
        self.is_there = threading.Event()
        self.is_released = threading.Event()

    def of(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same function on a thread, with its result kept back."""

        def held(*arguments: Any, **named: Any) -> Any:
            try:
                return call(*arguments, **named)
            finally:
                self.is_there.set()
                assert self.is_released.wait(60)

        return held

    def of_async(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """The same coroutine function, with its result kept back."""

        async def held() -> Any:
            try:
                return await call()
            finally:
                self.is_there.set()
                await asyncio.to_thread(self.is_released.wait, 60)

        return held


@pytest.mark.parametrize(
    ("kind", "key", "owner", "name"),
    [
        (MicrophoneScreen, "m", device_survey, "survey"),
        (HistoryScreen, "h", Archive, "listing"),
        (PastDictationScreen, "enter", Archive, "get"),
        (SignInScreen, "k", KeyStorage, "at"),
    ],
)
async def test_a_result_that_comes_too_late_is_dropped(
    paths: Paths,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Screen[Any]],
    key: str,
    owner: Any,
    name: str,
) -> None:
    hold, has_ended = Hold(), asyncio.Event()
    call = getattr(owner, name)
    is_async = asyncio.iscoroutinefunction(call)

    async def on_unmount(screen: Screen[Any]) -> None:
        """Textual calls this between the removal of the widgets and the end of the workers."""
        assert not screen.children
        hold.is_released.set()
        running = [it for it in screen.workers if it.node is screen and not it.is_finished]
        assert running
        for worker in running:
            await worker.wait()
        has_ended.set()

    async with opened(paths, "HistoryScreen") as (app, pilot):
        if key != "enter":
            await pilot.press("escape")
            await until(lambda: app.screen is app.main_screen)
        monkeypatch.setattr(owner, name, (hold.of_async if is_async else hold.of)(call))
        monkeypatch.setattr(kind, "on_unmount", on_unmount, raising=False)
        await pilot.press(key)
        await until(lambda: isinstance(app.screen, kind))
        await until(hold.is_there.is_set)
        await pilot.press("escape")
        await until(has_ended.is_set)
        assert not isinstance(app.screen, kind)
