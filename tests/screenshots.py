"""Makes ``screenshots/`` from real runs: ``python -m tests.screenshots [NAME ...]``.

The app runs with the embedded recogniser on recorded human speech; each picture is taken when the
screen shows what it is about. SVG is what the library draws, PNG is made of that with the
monospaced fonts of this machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import resvg_py
from textual.widgets import OptionList

from skdictate.server.recogniser import Moonshine
from skdictate.settings.config import Settings
from skdictate.settings.option_table import BY_NAME
from skdictate.sources.file_source import demo_paths
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from skdictate.tui.screens.history_screen import HistoryScreen
from skdictate.tui.screens.microphone_screen import MicrophoneScreen
from skdictate.tui.screens.past_dictation_screen import PastDictationScreen
from skdictate.tui.screens.settings_screen import SettingsScreen
from skdictate.tui.widgets.header import StatusHeader
from skdictate.tui.widgets.page_view import PageView
from skdictate.tui.widgets.problem_banner import ProblemBanner
from skdictate.tui.widgets.transcript_view import TranscriptView
from tests import page_picture
from tests.support import past_dictations
from tests.support.findings_server import telling
from tests.support.processes import children, command
from tests.support.sound_server import SoundServer

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZE = (96, 28)

Scene = Callable[[DictateApp], Awaitable[None]]


async def until(condition: Callable[[], bool], patience_s: float = 90.0) -> None:
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


def n_lines(app: DictateApp) -> int:
    return app.query_one(PageView).page.n_lines


def n_rows(app: DictateApp) -> int:
    return sum(rows.option_count for rows in app.screen.query(OptionList))


def has_two_part_partial(app: DictateApp) -> bool:
    partial = app.query_one(TranscriptView).partial
    return bool(partial.stable and partial.changing and len(partial.text) > 30)


async def idle(app: DictateApp) -> None:
    await until(lambda: app.query_one(StatusHeader).facts.state == "ready")


async def listening(app: DictateApp) -> None:
    await until(lambda: n_lines(app) >= 7 and has_two_part_partial(app))


async def rollover(app: DictateApp) -> None:
    await until(lambda: app.query_one(StatusHeader).facts.session >= 2 and n_lines(app) >= 9)
    await until(lambda: has_two_part_partial(app))


async def problem(app: DictateApp) -> None:
    await until(lambda: n_lines(app) >= 3)
    recogniser = next(pid for pid in children() if "skdictate.server" in command(pid))
    os.kill(recogniser, signal.SIGKILL)
    wanted = "The embedded recogniser stopped"
    await until(lambda: wanted in str(getattr(app.query_one(ProblemBanner).problem, "title", "")))


async def help_page(app: DictateApp) -> None:
    await listening(app)
    app.action_help()
    await asyncio.sleep(0.3)


async def settings_page(app: DictateApp) -> None:
    await idle(app)
    app.next_dictation.editor.change(BY_NAME["patience"], "long")
    app.next_dictation.editor.change(BY_NAME["profanity_filter"], True)
    app.action_settings()
    await until(lambda: isinstance(app.screen, SettingsScreen) and app.screen.is_mounted)
    await asyncio.sleep(0.3)
    rows = app.screen.query_one("#rows", OptionList)
    rows.highlighted = rows.get_option_index("patience")
    await asyncio.sleep(0.3)


async def marks(app: DictateApp) -> None:
    await until(lambda: n_lines(app) >= 7 and has_two_part_partial(app))


async def findings(app: DictateApp) -> None:
    await until(lambda: n_lines(app) >= 12)
    app.action_stop()
    await until(lambda: not app.dictation_control.is_dictating)
    app.action_findings()
    await asyncio.sleep(0.3)


async def microphone(app: DictateApp) -> None:
    await idle(app)
    app.action_microphones()
    await until(lambda: isinstance(app.screen, MicrophoneScreen))
    await asyncio.sleep(3)
    await until(lambda: str(app.screen.query_one(OptionList).options[2].prompt).count("█") > 6)


async def history(app: DictateApp) -> None:
    await idle(app)
    app.action_history()
    await until(lambda: isinstance(app.screen, HistoryScreen) and n_rows(app) > 0)
    await asyncio.sleep(0.3)


async def dictation(app: DictateApp) -> None:
    await history(app)
    app.screen.query_one(OptionList).action_select()
    await until(lambda: isinstance(app.screen, PastDictationScreen) and n_rows(app) > 0)
    rows = app.screen.query_one(OptionList)
    rows.highlighted = rows.option_count - 1
    await asyncio.sleep(0.3)


TELLING = "unix:/telling"
"""In place of the address of a server that finds something in the words."""
BESIDE: dict[str, Any] = {
    "classifier": ("negative",),
    "speech_analysis": True,
    "speaker_labelling": True,
    "summarize": "How much was said?",
}
SCENES: dict[str, tuple[Settings, Scene, str]] = {
    "idle": (Settings(source="mic"), idle, "textual-dark"),
    "listening": (Settings(source="demo"), listening, "textual-dark"),
    "listening-light": (Settings(source="demo"), listening, "textual-light"),
    "rollover": (Settings(source="demo", session_seconds=20), rollover, "textual-dark"),
    "problem": (Settings(source="demo"), problem, "textual-dark"),
    "microphone": (Settings(source="mic"), microphone, "textual-dark"),
    "help": (Settings(source="demo"), help_page, "textual-dark"),
    "settings": (Settings(source="mic"), settings_page, "textual-dark"),
    "marks": (Settings(source="demo", endpoint=TELLING, **BESIDE), marks, "textual-dark"),
    "findings": (Settings(source="demo", endpoint=TELLING, **BESIDE), findings, "textual-dark"),
    "history": (Settings(source="mic"), history, "textual-dark"),
    "dictation": (Settings(source="mic"), dictation, "textual-dark"),
}


async def take(name: str) -> None:
    settings, scene, theme = SCENES[name]
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="skdictate-"))
        paths = Paths.of({"SKDICTATE_HOME": home})
        if settings.endpoint == TELLING:
            server = await stack.enter_async_context(telling(paths, Moonshine()))
            settings = replace(settings, endpoint=server.target)
        if scene in (history, dictation):
            await asyncio.to_thread(past_dictations.dictate, home)
        app = DictateApp(settings, paths)
        async with app.run_test(size=SIZE) as pilot:
            app.theme = theme
            await scene(app)
            await pilot.pause(0.12)
            svg = app.export_screenshot(title="skdictate").replace(home, "~/.local/share/skdictate")
        await asyncio.to_thread(app.worker.close, 5.0)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.svg").write_text(svg)
    (FOLDER / f"{name}.png").write_bytes(png(svg))


def png(svg: str) -> bytes:
    """The picture at twice its size, with a font that is here in place of one from the network."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    data = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=2, font_family="Fira Code", monospace_family="Fira Code"
    )
    return bytes(data)


def main() -> None:
    with SoundServer() as server:
        server.call("desk", "Built-in Audio")
        server.call("headset", "Blue Yeti")
        server.control("set-default-source", "desk.2")
        os.environ["PULSE_SERVER"] = server.address
        for name in sys.argv[1:] or [*SCENES, "web"]:
            server.play(demo_paths()[0], "headset")
            if name == "web":
                page_picture.main(FOLDER / "web.png")
            else:
                asyncio.run(take(name))
            server.hush()
            print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
