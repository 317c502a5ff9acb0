"""There is a way out of every screen: Ctrl-C and Ctrl-Q leave the app, Escape and q the screen."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from skdictate.errors import Exit
from skdictate.settings.config import Settings
from skdictate.settings.option_table import OPTIONS, Option
from skdictate.system.paths import Paths
from skdictate.tui import screens
from skdictate.tui.app import DictateApp
from skdictate.tui.screens.save_screen import SaveScreen
from skdictate.tui.screens.setting_editors import Editor, editor
from tests.app.test_reprocess import ALL, keep
from tests.screenshots import until

Pressed = Pilot[int]


def by_keys(*keys: str) -> Callable[[DictateApp, Pressed], Awaitable[None]]:
    """Each key when the screen of the last one is there, with what it has read."""

    async def open_(app: DictateApp, pilot: Pressed) -> None:
        for key in keys:
            before = app.screen
            await pilot.press(key)
            if key not in ("slash", "tab"):
                await until(lambda before=before: app.screen is not before)  # type: ignore[misc]
            await until(lambda: _has_read(app))
            await pilot.pause()

    return open_


def _has_read(app: DictateApp) -> bool:
    name = type(app.screen).__name__
    if name not in ("HistoryScreen", "PastDictationScreen"):
        return True
    return bool(app.screen.query_one(OptionList).option_count)


def by_setting(option: Option) -> Callable[[DictateApp, Pressed], Awaitable[None]]:
    async def open_(app: DictateApp, pilot: Pressed) -> None:
        await pilot.press("o")
        app.push_screen(editor(option, app.next_dictation.editor))
        await pilot.pause()

    return open_


async def by_trouble(app: DictateApp, pilot: Pressed) -> None:
    """Nothing can be saved where it should be."""
    app.push_screen(SaveScreen("No room", "/nowhere/a.txt"))
    await pilot.pause()


async def by_findings(app: DictateApp, pilot: Pressed) -> None:
    app.action_findings()
    await pilot.pause()


CHOICE = next(it for it in OPTIONS if it.choices)
LINE = next(it for it in OPTIONS if not (it.choices or it.is_list or it.is_switch))
LIST = next(it for it in OPTIONS if it.is_list and not it.choices)
WAYS = {
    "HelpScreen": by_keys("question_mark"),
    "SettingsScreen": by_keys("o"),
    "SettingsScreen, finding": by_keys("o", "slash"),
    "ChoiceEditor": by_setting(CHOICE),
    "LineEditor": by_setting(LINE),
    "ListEditor": by_setting(LIST),
    "MicrophoneScreen": by_keys("m"),
    "SignInScreen": by_keys("k"),
    "HistoryScreen": by_keys("h"),
    "PastDictationScreen": by_keys("h", "enter"),
    "ReprocessScreen": by_keys("h", "enter", "r"),
    "ReprocessScreen, typing": by_keys("h", "enter", "r", "tab"),
    "ConfirmScreen": by_keys("h", "d"),
    "SaveScreen": by_trouble,
    "FindingsScreen": by_findings,
    "CommandPalette": by_keys("ctrl+p"),
}
TYPED = {"LineEditor", "ListEditor", "SignInScreen", "SaveScreen", "CommandPalette"} | {
    name for name in WAYS if "," in name
}
"""Where a letter is a letter."""


@asynccontextmanager
async def opened(paths: Paths, name: str) -> AsyncIterator[tuple[DictateApp, Pressed]]:
    keep(paths, ALL[:2])
    app = DictateApp(Settings(source="mic", endpoint="unix:/nowhere"), paths)
    try:
        async with app.run_test() as pilot:
            await until(lambda: app.dictation_control.is_ready)
            await WAYS[name](app, pilot)
            assert type(app.screen).__name__ == name.partition(",")[0]
            yield app, pilot
    finally:
        await asyncio.to_thread(app.worker.close, 5.0)
        await asyncio.to_thread(app.past_dictations.reprocess_queue.close, 5.0)


def test_every_screen_is_walked_over() -> None:
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)

    def all_of(kind: type[ModalScreen[object]]) -> set[type[ModalScreen[object]]]:
        return {kind}.union(*map(all_of, kind.__subclasses__()))

    ours = {
        it.__name__
        for it in all_of(ModalScreen)
        if it.__module__.startswith(screens.__name__) and it is not Editor
    }
    assert ours == {name.partition(",")[0] for name in WAYS} - {"CommandPalette"}


@pytest.mark.parametrize(
    ("name", "key"), [*((name, "ctrl+c") for name in WAYS), ("SaveScreen", "ctrl+q")]
)
async def test_ctrl_c_leaves_the_app_from_every_screen(paths: Paths, name: str, key: str) -> None:
    async with opened(paths, name) as (app, pilot):
        await pilot.press(key)
        await until(lambda: app.return_value is not None)
    assert app.return_value == Exit.DONE


@pytest.mark.parametrize("name", WAYS)
async def test_escape_closes_every_screen_and_so_does_q_where_it_is_not_typed(
    paths: Paths, name: str
) -> None:
    async with opened(paths, name) as (app, pilot):
        for key in ("escape",) if name in TYPED else ("escape", "q", "й", "Q", "Й"):
            before = app.screen
            await pilot.press(key)
            if name == "SettingsScreen, finding":  # back to the list first
                assert not app.screen.query_one("#find", Input).display
                await pilot.press(key)
            await until(lambda before=before: app.screen is not before)  # type: ignore[misc]
            assert app.return_value is None
            while app.screen is not app.main_screen:
                app.pop_screen()
            await pilot.pause()
            await WAYS[name](app, pilot)
