"""Space that is pressed while the app loads counts as soon as it can, and no other key is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from skdictate.app.factory import Factory
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui import app
from skdictate.tui.app import DictateApp
from skdictate.tui.dictation_control import HOLD, TOGGLE
from skdictate.tui.messages import SpaceReleased
from skdictate.tui.screens.help_screen import HelpScreen
from skdictate.tui.widgets.header import StatusHeader
from tests.screenshots import until
from tests.support.terminal import Terminal


class SlowApp(DictateApp):
    """It loads until it is told to go on."""

    CSS_PATH = str(Path(app.__file__).with_name(DictateApp.CSS_PATH))

    def __init__(self, paths: Paths, talk: str = TOGGLE, source: str = "mic") -> None:
        self.may_go_on = threading.Event()
        super().__init__(Settings(source=source, endpoint="unix:/nowhere", talk=talk), paths)
        build = self.next_dictation.factory

        def slow() -> Factory:
            self.may_go_on.wait(30)
            return build()

        self.worker._show._build = slow

    @property
    def state(self) -> str:
        facts = self.main_screen.query_one(StatusHeader).facts
        return facts.note or facts.state

    @property
    def n_begun(self) -> int:
        return len(self.main_screen.page.sections)


@asynccontextmanager
async def loading(it: SlowApp) -> AsyncIterator[Pilot[int]]:
    try:
        async with it.run_test() as pilot:
            assert it.dictation_control.is_loading
            yield pilot
    finally:
        it.may_go_on.set()
        await asyncio.to_thread(it.worker.close, 5.0)
        await asyncio.to_thread(it.past_dictations.reprocess_queue.close, 5.0)


@pytest.mark.parametrize(("n_presses", "n_begun"), [(1, 1), (2, 0), (3, 1)])
async def test_space_counts_when_all_is_loaded(paths: Paths, n_presses: int, n_begun: int) -> None:
    it = SlowApp(paths)
    async with loading(it) as pilot:
        for _ in range(n_presses):
            await pilot.press("space")
        wanted = "Loading, then recording" if n_begun else "loading"
        await until(lambda: it.state == wanted)
        it.may_go_on.set()
        await until(lambda: it.dictation_control.is_ready)
        if n_begun:
            await until(lambda: it.n_begun == 1)
        await pilot.pause(0.3)
        assert it.n_begun == n_begun


async def test_other_keys_work_meanwhile_and_space_is_for_what_covers_the_desk(
    paths: Paths,
) -> None:
    it = SlowApp(paths)
    async with loading(it) as pilot:
        await pilot.press("question_mark")
        assert isinstance(it.screen, HelpScreen)
        await pilot.press("space")  # closes it
        await until(lambda: it.screen is it.main_screen)
        assert not it.dictation_control.is_wanted
        it.may_go_on.set()
        await until(lambda: it.dictation_control.is_ready)
        await pilot.pause(0.3)
        assert it.n_begun == 0


async def test_where_nothing_can_begin_space_is_forgotten(paths: Paths) -> None:
    it = SlowApp(paths, source="nowhere")
    async with loading(it) as pilot:
        await pilot.press("space")
        it.may_go_on.set()
        await until(lambda: not it.dictation_control.is_loading)
        await until(lambda: not it.dictation_control.is_dictating)
        assert not it.dictation_control.is_wanted
        await until(lambda: it.state == "ready")


@pytest.mark.parametrize("is_held_on", [True, False])
@pytest.mark.parametrize("is_known_early", [True, False])
async def test_space_that_is_held_counts_as_long_as_it_is_held(
    paths: Paths, is_held_on: bool, is_known_early: bool
) -> None:
    it = SlowApp(paths, talk=HOLD)
    async with loading(it) as pilot:
        if is_known_early:
            it.readiness.keyboard_reported(has_releases=True)
        await pilot.press("space")
        if not is_held_on:
            it.post_message(SpaceReleased())
            await pilot.pause()
        it.may_go_on.set()
        if not is_known_early:
            it.readiness.keyboard_reported(has_releases=True)
        await until(lambda: it.dictation_control.is_ready)
        if is_held_on:
            await until(lambda: it.n_begun == 1)
        await pilot.pause(0.3)
        assert it.n_begun == int(is_held_on)


def test_space_before_the_first_picture_counts_too(paths: Paths) -> None:
    with Terminal("--source", "mic", "--endpoint", "unix:/nowhere") as it:
        it.press(" ")
        it.wait("space Stop")
        it.press("\x03")
        it.exit_code()
