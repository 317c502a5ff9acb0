"""The settings in the app: found, changed by keyboard alone, kept, and gone by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from skdictate.audio.pcm import Format
from skdictate.library.library import Library
from skdictate.settings.config import Settings, load
from skdictate.settings.option_table import BY_NAME, OPTIONS
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from skdictate.tui.screens.settings_screen import SettingsScreen
from skdictate.tui.widgets.header import StatusHeader
from tests.conftest import Serving
from tests.screenshots import until
from tests.support.number_recogniser import count, write
from tests.support.terminal import Terminal

SOUND = Format(16_000)
NOWHERE = {"endpoint": "unix:/nowhere"}


class Desk:
    """The app, and what its settings screen shows."""

    def __init__(self, app: DictateApp, pilot: Pilot[int], file: Path) -> None:
        self.app = app
        self.pilot = pilot
        self.file = file

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def open(self, name: str) -> None:
        """The settings, with this one chosen."""
        if not isinstance(self.app.screen, SettingsScreen):
            await self.press("o")
        rows = self.app.screen.query_one("#rows", OptionList)
        rows.highlighted = rows.get_option_index(name)
        await self.pilot.pause()

    def row(self, name: str) -> list[str]:
        rows = self.app.screen.query_one("#rows", OptionList)
        return str(rows.get_option(name).prompt).split()

    def about(self) -> list[str]:
        return self.said("#about").split("\n")

    def said(self, selector: str) -> str:
        return str(self.app.screen.query_one(selector, Static).content)

    def written(self) -> str:
        return self.file.read_text() if self.file.exists() else ""


@asynccontextmanager
async def main_screen(
    paths: Paths,
    flags: dict[str, Any] | None = None,
    toml: str = "",
    environ: dict[str, str] | None = None,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Desk]:
    paths.config.mkdir(mode=0o700, exist_ok=True)
    if toml:
        paths.config_file.write_text(toml)
    config = load(NOWHERE if flags is None else flags, environ or {}, paths.config_file)
    app = DictateApp(config.settings, paths, origins=config.origins)
    try:
        async with app.run_test(size=size) as pilot:
            await until(lambda: app.query_one(StatusHeader).facts.state != "loading")
            yield Desk(app, pilot, paths.config_file)
    finally:
        await asyncio.to_thread(app.worker.close, 5.0)


async def test_all_are_there_with_their_value_and_where_it_came_from(paths: Paths) -> None:
    environ = {"SKDICTATE_API": "v2"}
    async with main_screen(paths, {"rate": "8000"}, "patience = 'long'\n", environ) as it:
        await it.press("щ")
        shown = {option.name: it.row(option.name) for option in OPTIONS}
        assert shown["rate"] == ["rate", "8000", "--rate"]
        assert shown["api"] == ["api", "v2", "SKDICTATE_API"]
        assert shown["patience"] == ["patience", "long", "set"]
        assert shown["plaintext"] == ["plaintext", "○", "off"]
        assert shown["normalize"] == ["normalize", "●", "on"]
        await it.open("patience")
        assert it.about()[0] == "How long a pause may be before it ends the sentence."
        assert it.about()[1].startswith("short, normal or long · --patience · from ")
        assert it.about()[1].endswith("config.toml; the default is normal")
        for name, why in (("rate", "--rate was given"), ("api", "SKDICTATE_API is set")):
            await it.open(name)
            await it.press("enter")
            assert it.about()[2].startswith(why)
            await it.press("delete")
            assert it.about()[2].startswith(why)
        await it.press("щ")
        assert it.app.screen is it.app.main_screen
        assert it.app.settings.rate == 8_000
    assert it.written() == "patience = 'long'\n"


async def test_a_switch_is_turned_a_choice_made_a_number_typed_and_taken_back(
    paths: Paths,
) -> None:
    async with main_screen(paths, toml="# mine\n") as it:
        await it.open("profanity_filter")
        await it.press("space")
        assert it.written() == "# mine\nprofanity_filter = true\n"
        assert it.about()[2] == "Saved. It takes effect now."
        await it.open("patience")
        await it.press("enter", "down", "enter")
        assert it.row("patience") == ["patience", "long", "set"]
        await it.open("chunk_ms")
        await it.press("enter", *"19")
        assert it.said("#wrong") == "The minimum is 20."
        await it.press("enter")
        assert "chunk_ms" not in it.written(), "it is still wrong"
        await it.press("9", "enter")
        assert it.written().endswith('patience = "long"\nchunk_ms = 199\n')
        await it.press("delete")
        assert it.row("chunk_ms") == ["chunk_ms", "100"]
        await it.open("summarize")
        await it.press("enter", *"So?", "escape")
        assert it.row("summarize") == ["summarize", "-"]
        await it.press("escape")
        assert it.app.settings.patience == "long"
        assert it.app.settings.profanity_filter
    assert it.written() == '# mine\nprofanity_filter = true\npatience = "long"\n'


async def test_a_list_grows_and_shrinks(paths: Paths) -> None:
    async with main_screen(paths) as it:
        await it.open("classifier")
        await it.press("enter", *"a:n")
        assert it.said("#wrong").startswith("Use NAME or NAME:WHEN")
        await it.press("backspace", "backspace", "enter", *"b,c", "enter")
        assert it.written() == 'classifier = ["a", "b", "c"]\n'
        await it.press("down", "down", "delete")
        assert it.written() == 'classifier = ["a", "c"]\n'
        await it.press("escape")
        assert it.row("classifier")[1:] == ["a,", "c", "set"]
        await it.press("enter", "down", "delete", "delete", "enter")
        assert it.row("classifier") == ["classifier", "-"]
    assert it.written() == ""


async def test_what_is_sought_is_found_by_name_and_by_meaning(paths: Paths) -> None:
    async with main_screen(paths) as it:
        await it.press("o", "slash", *"long silence")
        rows = it.app.screen.query_one("#rows", OptionList)
        assert [row.id for row in rows.options if row.id] == ["silence"]
        await it.press("enter", "enter", "down", "enter")
        assert it.written() == 'silence = "send"\n'
        await it.press("slash", *" but what")
        assert it.app.screen.query_one("#find", Input).has_focus
        assert "No matching setting." in str(rows.options[0].prompt)
        await it.press("down", "enter", "delete")
        await it.press("escape")
        assert len([row for row in rows.options if row.id]) == len(OPTIONS)
        await it.press("escape")
        assert it.app.screen is it.app.main_screen


@pytest.mark.parametrize("sought", ["format", "profanity", "a", "", " "])
async def test_who_only_looks_for_a_setting_changes_none(paths: Paths, sought: str) -> None:
    async with main_screen(paths) as it:
        await it.press("o", "slash", *sought, "enter")
        rows = it.app.screen.query_one("#rows", OptionList)
        assert rows.has_focus, "Enter goes to what was found"
        assert rows.highlighted is not None
        assert it.app.screen.query("#rows"), "and opens nothing"
        await it.press("slash", "delete", "backspace", "delete", "space", "tab")
        await it.press("escape", "escape")
        assert it.app.screen is it.app.main_screen
    assert it.written() == ""
    assert it.app.settings == Settings(endpoint=NOWHERE["endpoint"])


async def test_a_file_that_takes_nothing_is_told_and_nothing_is_lost(paths: Paths) -> None:
    async with main_screen(paths) as it:
        await it.open("profanity_filter")
        it.file.write_text("rate = \n")
        await it.press("enter")
        assert it.about()[2].startswith("The settings cannot be read: ")
        assert it.row("profanity_filter") == ["profanity_filter", "○", "off"]
        await it.open("model")
        await it.press("enter", "x", "enter")
        assert it.said("#wrong").startswith("The settings cannot be read: ")
        await it.press("escape", "escape")
        assert it.app.screen is it.app.main_screen
        assert it.written() == "rate = \n"


async def test_what_is_secret_is_neither_shown_nor_written(paths: Paths) -> None:
    toml = 'credential_command = ["vault", "canary-1"]\n'
    async with main_screen(paths, toml=toml) as it:
        await it.open("credential_command")
        assert it.row("credential_command")[1:3] == ["vault", "…"]
        await it.press("enter")
        assert it.app.screen.query_one(Input).value == ""
        await it.press("escape")
        await it.open("api_key_file")
        await it.press("enter", *"AQVN", *"x" * 20)
        assert "press k" in it.said("#wrong")
        await it.press("enter", "escape")
        assert "AQVN" not in str(it.row("api_key_file"))
    assert it.written() == toml


async def test_what_does_not_go_together_is_said_at_once_and_can_be_mended(paths: Paths) -> None:
    async with main_screen(paths) as it:
        await it.open("api")
        await it.press("enter", "down", "enter")
        await it.open("phone_format")
        await it.press("enter")
        assert it.about()[2].startswith("API v2 cannot do that: It does not have --phone-format")
        await it.press("escape")
        banner = it.app.query_one("ProblemBanner")
        await until(lambda: banner.has_class("-standing"))
        await it.open("phone_format")
        await it.press("delete")
        assert it.about()[2] == "Reset to the default. It takes effect now."
        await it.press("escape")
        await until(lambda: not banner.has_class("-standing"))
        assert "SpeechKit v2 on unix:/nowhere" in it.app.query_one(StatusHeader).facts.names


async def test_what_counts_from_the_next_start_says_so(paths: Paths) -> None:
    async with main_screen(paths) as it:
        await it.open("talk")
        await it.press("enter", "down", "enter")
        assert it.about()[2].endswith("at the next start of the program.")
        await it.press("escape")
        assert it.app.settings.talk == "toggle"
    assert it.written() == 'talk = "hold"\n'


async def test_a_dictation_goes_on_as_it_began_and_the_next_one_goes_by_the_new_settings(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    pcm = count(1, 200, SOUND, gap_s=0.05, pause_s=0.5, run=6)  # longer than this takes
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving() as endpoint:
        flags = {"source": f"file:{path}", "endpoint": endpoint.target}
        async with main_screen(paths, flags) as it:
            await until(lambda: it.app.main_screen.page.n_lines > 0)
            await it.open("rate")
            title = it.app.screen.query_one("#settings").border_title
            assert title == "Settings of the next dictation"
            assert "next dictation" in it.about()[2]
            await it.press("enter", "up", "enter", "escape")
            assert it.app.settings.rate == 8_000
            n_lines = it.app.main_screen.page.n_lines
            await until(lambda: it.app.main_screen.page.n_lines > n_lines)
            for n_kept in (1, 2):
                await it.press("space")
                await until(lambda: len(it.app.kept) == n_kept)  # noqa: B023 - done by the next
                await it.press("space")
                await until(lambda: it.app.worker.view is not None)
    library = Library(paths.library)
    kept = [library.get(number) for number in (1, 2)]
    library.close()
    assert [it.about.rate_hz for it in kept if it] == [16_000, 8_000]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_every_row_fits_at_every_size(paths: Paths, size: tuple[int, int]) -> None:
    async with main_screen(paths, {"summarize": "x" * 300, **NOWHERE}, size=size) as it:
        await it.press("o")
        rows = it.app.screen.query_one("#rows", OptionList)
        width = rows.scrollable_content_region.width
        assert width > size[0] * 0.7
        drawn = [row.prompt.cell_length for row in rows.options if row.id]  # type: ignore[union-attr]
        assert set(drawn) == {max(width, 28)}
        help_ = BY_NAME["ca_cert"].help
        assert (help_ in str(rows.get_option("ca_cert").prompt)) is (size[0] == 120)


def test_it_is_changed_in_a_real_terminal_and_there_at_the_next_start(paths: Paths) -> None:
    with Terminal("--endpoint", "unix:/nowhere") as it:
        it.wait("Press space and speak.", "o Setup")
        it.press("o")
        it.wait("╭─ Settings ─", "Recogniser and sign-in", "Esc closes ─╯")
        it.press("/")
        it.wait("Search names")
        it.press(*"keep", "\x1b[B", "\r")
        it.wait("╭─ keep_alive ─", "● silence  default")
        it.press("\x1b[B", "\r")
        it.wait("keep_alive          chunk", "Saved. It takes effect now.")
        it.press("\x1b")
        it.wait("stop_after")
        it.press("\x1b")
        it.wait("Press space and speak.")
        it.press("q")
        assert it.exit_code() == 0
    assert paths.config_file.read_text() == 'keep_alive = "chunk"\n'
    with Terminal("--endpoint", "unix:/nowhere", "--api", "v2") as it:
        it.wait("API v2 cannot do that: It does not have --keep-alive")
