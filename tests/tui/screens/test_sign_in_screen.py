"""Signing in within the app: the key is seen by nobody, and what was said meanwhile is not lost."""

from __future__ import annotations

import asyncio
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring
import pytest
import rich.console
import rich.traceback
from textual.events import Paste
from textual.geometry import Size
from textual.widgets import Static

from skdictate.audio.pcm import Format
from skdictate.errors import Exit
from skdictate.library.library import Library
from skdictate.settings.config import Settings
from skdictate.system import private_file
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from skdictate.tui.screens.sign_in_screen import SignInScreen
from skdictate.tui.widgets.header import StatusHeader
from skdictate.tui.widgets.secret_field import SecretField
from tests.conftest import Serving
from tests.end_to_end.test_canary import content, offspring, searched
from tests.screenshots import until
from tests.speechkit.auth.test_stored_key import Drawer
from tests.support.number_recogniser import count, numbers, write
from tests.support.terminal import Terminal

SOUND = Format(16_000)
WRONG = "AQVN-wrong-1178-abcdefghij-klmn"
RIGHT = "AQVN-right-9102-abcdefghij-OPQR"
BEGIN, END = "\x1b[200~", "\x1b[201~"
"""Around what is pasted."""


async def test_a_wrong_key_is_told_and_with_the_right_one_every_word_is_there(
    serving: Serving, paths: Paths, tmp_path: Path, home: Path
) -> None:
    pcm = count(1, 50, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving(address="127.0.0.1:0", token=RIGHT) as endpoint:
        output = await asyncio.to_thread(mend, f"file:{path}", endpoint.target)
    kept = Library(paths.library).get(1)
    assert kept is not None
    assert (kept.gaps, kept.state) == ((), "done")
    assert numbers(kept.text) == list(range(1, 51))
    file = paths.config / "credentials"
    assert file.read_text() == f"{RIGHT}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(secret.encode() not in output for secret in (RIGHT, WRONG))
    searched(home, output.decode(), secrets=(RIGHT, WRONG))


def mend(source: str, target: str) -> bytes:
    """Dictate with a key that is not accepted, and sign in with one that is; all that was shown."""
    where = ("--endpoint", target, "--plaintext", "--speed", "8")
    with Terminal("--source", source, *where, environ={"SKDICTATE_API_KEY": WRONG}) as it:
        it.wait("The key is not accepted", "SKDICTATE_API_KEY; a key", "Press k to")
        it.wait("Recording, not recognising")
        it.press("л")
        it.wait("Sign in to SpeechKit", "which is not encrypted")
        it.press("a", " ", "b", "\r")
        it.wait("What was typed holds a space")
        it.press(f"{BEGIN}{RIGHT}{END}")
        it.wait("••••••", str(len(RIGHT)))
        for pid in (it.pid, *offspring(it.pid)):
            assert RIGHT.encode() not in content(pid, "cmdline")
        it.press("\r")
        it.wait("an API key …OPQR", "SKDICTATE_API_KEY is also set and")
        it.wait("41 42 43", "Saved as dictation 1")
        assert "not accepted" not in it.text
        it.press("q")
        assert it.exit_code() == 0
        return it.output


async def test_without_a_key_one_can_be_given_and_dictation_be_had(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, text: str) -> None:
        raise MemoryError(text)

    app = DictateApp(Settings(engine="speechkit"), paths)
    async with app.run_test() as pilot:
        await until(lambda: app.main_screen.query_one("ProblemBanner").has_class("-standing"))
        assert app.dictation_control.is_ready is False
        await pilot.press("k")
        await until(lambda: bool(app.screen.query(SecretField)))
        await until(lambda: "credentials" in str(app.screen.query_one("#place", Static).content))
        with monkeypatch.context() as broken:
            broken.setattr(private_file, "write", fail)
            app.screen.query_one(SecretField).post_message(Paste(RIGHT))
            await pilot.press("enter")
            wrong = app.screen.query_one("#wrong", Static)
            await until(lambda: str(wrong.content).endswith("credentials: MemoryError."))
        await until(lambda: "credentials" in str(app.screen.query_one("#place", Static).content))
        app.screen.query_one(SecretField).post_message(Paste(RIGHT))
        await pilot.press("backspace", "X", "enter")
        await until(lambda: app.dictation_control.is_ready)
        facts = app.query_one(StatusHeader).facts
        assert "SpeechKit v3 on stt.api.cloud.yandex.net:443" in facts.names
        assert not app.main_screen.query_one("ProblemBanner").has_class("-standing")
    await asyncio.to_thread(app.worker.close, 5.0)
    assert (paths.config / "credentials").read_text() == RIGHT[:-1] + "X\n"


@contextmanager
def breaking(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mistake in this method of the field."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(SecretField, name, broken)
        yield


@pytest.mark.parametrize("name", ["on_paste", "_hold", "refresh", "render"])
async def test_no_frame_of_a_crash_holds_what_was_pasted(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    app = DictateApp(Settings(source="mic", endpoint="unix:/nowhere"), paths)
    try:
        with pytest.raises(RuntimeError, match="broken") as raised:
            async with app.run_test() as pilot:
                await pilot.press("k")
                await until(lambda: bool(app.screen.query(SecretField)))
                await pilot.pause()
                with breaking(name, monkeypatch):
                    app.post_message(Paste(RIGHT))
                    await pilot.pause(0.5)
    finally:
        await asyncio.to_thread(app.worker.close, 5.0)
    out = io.StringIO()
    error = raised.value
    shown = rich.traceback.Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
    )
    rich.console.Console(file=out, width=300).print(shown)
    assert "locals" in out.getvalue()
    assert RIGHT not in out.getvalue()


def test_debugging_of_the_screens_library_writes_no_keys(
    paths: Paths, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    monkeypatch.chdir(tmp_path)
    told = {"TEXTUAL_LOG": str(log), "TEXTUAL": "devtools,debug", "TEXTUAL_DEBUG": "1"}
    with Terminal("--source", "mic", "--endpoint", "unix:/nowhere", environ=told) as it:
        it.wait("space Start")
        it.press("k")
        it.wait("which is not encrypted")
        it.press(*RIGHT[:12])
        it.press(f"{BEGIN}{RIGHT[12:]}{END}")
        it.wait("••••••", str(len(RIGHT)))
        it.press("\x03")
        assert it.exit_code() == 0
    assert all(f"{name} is not obeyed: ".encode() in it.output for name in told)
    assert not log.exists()
    assert not (tmp_path / "keys.log").exists()
    searched(tmp_path, it.output.decode(), secrets=(RIGHT, RIGHT[12:]))


async def test_a_keyring_that_refuses_is_said_and_then_the_file_is_used(paths: Paths) -> None:
    drawer, before = Drawer(), keyring.get_keyring()
    keyring.set_keyring(drawer)
    app = DictateApp(Settings(engine="speechkit"), paths)
    try:
        async with app.run_test() as pilot:
            app.push_screen(SignInScreen(app.settings, paths))
            await until(lambda: bool(app.screen.query(SecretField)))
            place = app.screen.query_one("#place", Static)
            await until(lambda: "stored in the keyring." in str(place.content))
            drawer.is_locked = True
            app.screen.query_one(SecretField).post_message(Paste(RIGHT))
            await pilot.press("enter")
            await until(lambda: "the keyring does not take it" in str(place.content))
            assert "cannot be used" in str(app.screen.query_one("#wrong", Static).content)
            app.screen.query_one(SecretField).post_message(Paste(RIGHT))
            await pilot.press("enter")
            await until(lambda: app.screen is app.main_screen)
    finally:
        keyring.set_keyring(before)
    await asyncio.to_thread(app.worker.close, 5.0)
    assert not drawer.entries
    assert (paths.config / "credentials").read_text() == RIGHT + "\n"


async def test_the_field_shows_dots_and_how_many(paths: Paths) -> None:
    app = DictateApp(Settings(engine="speechkit"), paths)
    async with app.run_test(size=(60, 20)) as pilot:
        app.push_screen(SignInScreen(app.settings, paths))
        await until(lambda: bool(app.screen.query(SecretField)))
        field = app.screen.query_one(SecretField)
        await pilot.press("x", "y", "z")
        await pilot.pause()
        assert str(field.render()).split() == ["•••▏", "3"]
        assert "xyz" not in repr(vars(field))
        await pilot.press("ctrl+u")
        assert str(field.render()).split() == ["▏"]
        field.post_message(Paste("x" * 80))
        await pilot.pause()
        assert field.size == Size(field.size.width, 1)
        assert str(field.render()).endswith("▏ 80")
        assert field.take() == "x" * 80
        assert field.take() == ""
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)
    await asyncio.to_thread(app.worker.close, 5.0)


def test_a_crash_while_it_is_kept_shows_no_variables_and_not_the_key(
    tmp_path: Path, home: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif '--demo' in sys.orig_argv:\n"
        "    from skdictate.speechkit.auth import sign_in\n"
        "    def broken(issuer): raise RuntimeError('broken')\n"
        "    assert sign_in.describe\n    sign_in.describe = broken\n"
    )
    environ = {"PYTHONPATH": str(tmp_path)}
    with Terminal("--demo", "--engine", "speechkit", environ=environ) as it:
        it.wait("SpeechKit needs a key")
        it.press("k")
        it.wait("which is not encrypted")
        it.press(f"{BEGIN}{RIGHT}{END}")
        it.wait("••••••")
        it.press("\r")
        assert it.exit_code() == Exit.INTERNAL
    assert b"A mistake in this program (RuntimeError)" in it.output.replace(b"\r\n", b" ")
    assert b"locals" not in it.output
    searched(home, it.output.decode(), secrets=(RIGHT,))
