"""More lines than one: which of them is used, and what becomes of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skdictate.errors import Kind, Problem
from skdictate.mic_protocol import retry
from skdictate.remote_mic.sender import app_connection
from skdictate.system.paths import Paths
from tests.remote_mic.sender.test_sender import SenderRig, bringing
from tests.support.mic_line import App, spoken, until
from tests.support.tunnel import BLOCKED, Tunnel


@pytest.fixture
async def app(paths: Paths) -> AsyncIterator[App]:
    async with App(paths) as running:
        yield running


@pytest.fixture
def tunnel(app: App, monkeypatch: pytest.MonkeyPatch) -> Tunnel:
    """One that a second line can go through; in it time goes faster."""
    monkeypatch.setattr(app_connection, "STALL_S", 0.3)
    monkeypatch.setattr(app_connection, "PING_S", 0.05)
    monkeypatch.setattr(retry, "FRESH_S", 0.1)
    wide = Tunnel(app)
    wide.is_wide = True
    return wide


async def heard(app: App, it: SenderRig) -> None:
    """A dictation has begun, and some of it is recorded."""
    app.begin()
    await until(lambda: it.speaker.is_on)
    it.speaker.say(5)
    await until(lambda: app.n_recorded == 1600)


async def test_where_a_line_stands_still_another_one_goes_on(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        first = tunnel.connection
        assert first is not None
        tunnel.freeze()
        it.speaker.say(50)
        await until(lambda: app.n_recorded == 55 * 320)
        await until(lambda: first.is_closed)
        it.speaker.say(5)
        await app.end()
    assert bytes(app.recording) == spoken(0, 60 * 320)
    assert it.speaker.n_times_on == 1


async def test_the_line_that_stood_still_goes_on_if_it_is_the_first(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_connection, "LIFE_S", 60.0)
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        tunnel.n_to_hang = 10**6
        tunnel.freeze()
        it.speaker.say(50)
        await until(lambda: tunnel.n_hanging == 2)
        tunnel.thaw()
        await until(lambda: app.n_recorded == 55 * 320)
        await until(lambda: not tunnel.n_hanging)
        assert it.sender.report.n_tries == 0
        await app.end()
    assert tunnel.n_opened == 1
    assert it.said.count("connected to the app") == 1, "it was not away for long"
    assert bytes(app.recording) == spoken(0, 55 * 320)


async def test_a_line_that_stands_still_for_long_is_none_and_is_said_to_be_back(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_connection, "LIFE_S", 0.3)
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        tunnel.n_to_hang = 10**6
        tunnel.freeze()
        await until(lambda: "no line to the app" in it.sender.report.words)
        assert any("The line stands still" in words for words in it.said)
        tunnel.thaw()
        await until(lambda: "connected to the app" in it.sender.report.words)
        assert it.said[-1] == "connected to the app"
    assert tunnel.n_opened == 1


async def test_a_try_that_hangs_holds_nothing_up(app: App, tunnel: Tunnel, tmp_path: Path) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        tunnel.n_to_hang = 1
        tunnel.cut()
        it.speaker.say(50)
        await until(lambda: app.n_recorded == 55 * 320)
        await until(lambda: not tunnel.n_hanging)
        assert tunnel.n_opened == 2
        await app.end()
    assert bytes(app.recording) == spoken(0, 55 * 320)


async def test_few_are_tried_at_a_time_however_long_it_takes(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        tunnel.n_to_hang = 8
        tunnel.freeze()
        await until(lambda: tunnel.n_opened == 2)
        assert tunnel.most_hanging == retry.AT_ONCE
        assert tunnel.n_tried == 10
        assert "connected to the app" in it.sender.report.words


async def test_where_a_second_login_is_refused_there_is_one_line_at_a_time(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_connection, "LIFE_S", 60.0)
    async with bringing(tunnel, tmp_path, has_user=True) as it:
        await heard(app, it)
        tunnel.problem = Problem(Kind.NETWORK, "Permission denied", is_permanent=True)
        tunnel.freeze()
        it.speaker.say(50)
        await until(lambda: tunnel.n_tried == 2)
        tunnel.thaw()
        await until(lambda: app.n_recorded == 55 * 320)
        assert it.sender.report.n_tries == 0
        assert not any("Permission denied" in words for words in it.said)
        tunnel.freeze()
        it.speaker.say(5)
        monkeypatch.setattr(app_connection, "LIFE_S", 0.5)
        await until(lambda: any("press Enter" in words for words in it.said))
        assert tunnel.n_tried == 3, "not beside the line, but when that was given up"
        tunnel.problem = None
        it.sender.retry_now()
        await until(lambda: app.n_recorded == 60 * 320)
        assert tunnel.asked
        await app.end()
    assert bytes(app.recording) == spoken(0, 60 * 320)


async def test_a_way_that_is_blocked_while_the_line_stands_still_is_tried_again(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        tunnel.problem = BLOCKED
        tunnel.freeze()
        it.speaker.say(50)
        await until(lambda: tunnel.n_tried > 3)
        tunnel.problem = None
        await until(lambda: app.n_recorded == 55 * 320)
    assert tunnel.n_opened == 2


async def test_a_narrow_road_has_one_line_at_a_time(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_connection, "LIFE_S", 0.5)
    tunnel.is_wide = False
    async with bringing(tunnel, tmp_path) as it:
        await heard(app, it)
        first = tunnel.connection
        assert first is not None
        tunnel.n_to_hang = 1
        tunnel.freeze()
        await until(lambda: tunnel.n_hanging)
        assert first.is_closed
    assert tunnel.n_tried == 2


async def test_what_is_kept_is_brought_though_the_line_breaks_after_the_end(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        app.hold.clear()
        it.speaker.say(500)
        await until(lambda: it.sender.report.kept_s == 10)
        assert app.source is not None
        app.source.stop()
        await until(lambda: not it.speaker.is_on)
        tunnel.cut()
        await until(lambda: tunnel.n_opened == 2)
        app.hold.set()
        await app.end()
    assert bytes(app.recording) == spoken(0, 500 * 320)
    assert it.unsent == []
