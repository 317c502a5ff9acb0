"""A sender in a terminal: one line that is renewed, lines that stay, keys and signals."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from skdictate.errors import Exit
from skdictate.remote_mic.sender import sender_console as module
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.sender_console import SenderConsole
from skdictate.system.paths import Paths
from tests.support.mic_line import SOUND, App, Speaker, until
from tests.support.tunnel import BLOCKED, Tunnel


class Terminal:
    """What a user sees, and types."""

    def __init__(self) -> None:
        self._fd, self.user_fd = pty.openpty()
        self.stream = os.fdopen(os.dup(self.user_fd), "w")
        os.set_blocking(self._fd, False)
        self.shown = ""

    def read(self) -> str:
        with suppress(BlockingIOError):
            self.shown += os.read(self._fd, 65536).decode()
        return self.shown

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def close(self) -> None:
        self.stream.close()
        for fd in (self._fd, self.user_fd):
            os.close(fd)


async def test_a_terminal_shows_how_it_stands_and_enter_tries_now(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 60.0)
    monkeypatch.setattr("skdictate.core.backoff.FACTOR", 1000.0)
    monkeypatch.setattr("skdictate.mic_protocol.retry.FRESH_S", 60.0)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    terminal, speaker = Terminal(), Speaker()
    async with App(paths) as app:
        tunnel = Tunnel(app)
        sender = Sender(lambda: speaker, tunnel, tmp_path, sound=SOUND, label="Desk")
        console = SenderConsole(sender, terminal.stream, terminal.user_fd)
        running = asyncio.ensure_future(console.run())
        await until(lambda: "connected to the app · Desk is off" in terminal.read())
        app.begin()
        await until(lambda: speaker.is_on)
        speaker.say(5)
        await until(lambda: "Desk is heard" in terminal.read())
        tunnel.problem = BLOCKED
        tunnel.cut()
        await until(lambda: sender.report.n_tries >= 2)
        tunnel.problem = None
        await until(lambda: "no line to the app" in terminal.read())
        terminal.press("\n")
        await until(lambda: tunnel.n_opened == 2)
        assert "skdictate: There is no way: Somebody has blocked it.\r\n" in terminal.read()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == Exit.TERMINATED
        assert not speaker.is_on
        last = ("", "skdictate: Desk is off\r\n")
        await until(lambda: terminal.read().rpartition("\x1b[K")[2] in last)
    terminal.close()


async def test_a_second_signal_leaves_what_is_kept_in_a_file(paths: Paths, tmp_path: Path) -> None:
    speaker = Speaker()
    with (tmp_path / "out").open("w") as out:
        async with App(paths) as app:
            tunnel = Tunnel(app)
            sender = Sender(lambda: speaker, tunnel, tmp_path, sound=SOUND, label="Desk")
            running = asyncio.ensure_future(SenderConsole(sender, out, -1).run())
            app.begin()
            await until(lambda: speaker.is_on)
            tunnel.problem = BLOCKED
            tunnel.cut()
            speaker.say(100)
            await until(lambda: sender.report.kept_s == 2)
            began_s = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)
            await until(lambda: not speaker.is_on)
            os.kill(os.getpid(), signal.SIGINT)
            assert await running == Exit.INTERRUPTED
            assert time.monotonic() - began_s < module.LAST_S
    said = (tmp_path / "out").read_text()
    assert "the microphone is off; 2.0 s are still brought. Again: leave" in said
    assert "2.0 s that nobody took there are in" in said
    assert "\x1b" not in said, "in a file there are lines and nothing else"
    assert len(list(tmp_path.glob("unsent*.wav"))) == 1
