"""A sender and several apps: it stays with the one it serves, and what it keeps is for nobody else.

The newest is found by the first connection alone.
"""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.mic_protocol.frames import Type
from skdictate.remote_mic.discovery import announcement as sessions
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.sender.transport import SocketConnection, SocketTransport
from skdictate.system.paths import Paths
from tests.remote_mic.sender.test_sender import bringing
from tests.support.mic_line import App, connected, hello, spoken, until
from tests.support.tunnel import BLOCKED


class Cuttable(SocketTransport):
    """To an app of this machine, with a line that a test cuts and blocks."""

    connection: SocketConnection
    is_blocked = False
    n_opened = 0

    async def open(self, *, may_ask: bool, served: str = "") -> SocketConnection:
        if self.is_blocked:
            raise ProblemError(BLOCKED)
        self.connection = await super().open(may_ask=may_ask, served=served)
        self.n_opened += 1
        return self.connection

    def cut(self) -> None:
        self.connection._writer.transport.abort()


@pytest.fixture
def transport(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Cuttable:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 0.02)
    return Cuttable(paths)


async def test_a_newer_app_gets_nothing_of_a_dictation_that_another_one_hears(
    paths: Paths, transport: Cuttable, tmp_path: Path
) -> None:
    async with App(paths) as older, bringing(transport, tmp_path) as it:
        older.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(10)
        await until(lambda: older.n_recorded == 3200)
        async with App(paths) as newer:
            newer.begin()
            for n in range(1, 6):
                transport.cut()
                it.speaker.say(10)
                await until(lambda n=n: older.n_recorded == 3200 * (n + 1))  # type: ignore[misc]
            assert newer.n_recorded == 0
            assert not newer.receiver.is_attached
        await older.end()
    assert bytes(older.recording) == spoken(0, 6 * 3200)
    assert older.missing == []
    assert it.unsent == []


async def test_between_two_dictations_it_stays_with_its_app_too(
    paths: Paths, transport: Cuttable, tmp_path: Path
) -> None:
    async with App(paths) as older, bringing(transport, tmp_path) as it:
        await until(lambda: older.receiver.is_attached and it.sender._service.app)
        async with App(paths) as newer:
            transport.cut()
            await until(lambda: transport.n_opened == 2 and older.receiver.is_attached)
            assert not newer.receiver.is_attached
            older.kill()
            await until(lambda: newer.receiver.is_attached)


async def test_what_was_kept_for_an_app_that_was_killed_does_not_open_the_next_dictation(
    paths: Paths, transport: Cuttable, tmp_path: Path
) -> None:
    async with bringing(transport, tmp_path) as it:
        async with App(paths) as killed:
            killed.begin()
            await until(lambda: it.speaker.is_on)
            it.speaker.say(10)
            await until(lambda: killed.n_recorded == 3200 and not it.sender.report.kept_s)
            killed.kill()
            it.speaker.say(50)
            await until(lambda: it.sender.report.kept_s == 1)
        async with App(paths) as again:
            again.begin()
            await until(lambda: it.speaker.n_times_on == 2)
            it.speaker.n_spoken = 0
            it.speaker.say(10)
            await until(lambda: again.n_recorded == 3200)
            await again.end()
        assert bytes(again.recording) == spoken(0, 3200)
    (path,) = it.unsent
    with wave.open(str(path)) as file:
        assert file.readframes(10**6) == spoken(3200, 50 * 320)
    assert f"1.0 s that nobody took there are in {path}" in it.said


async def test_nor_does_it_go_to_another_app_that_lives(
    paths: Paths, transport: Cuttable, tmp_path: Path
) -> None:
    async with App(paths) as killed, bringing(transport, tmp_path) as it:
        killed.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(10)
        await until(lambda: killed.n_recorded == 3200 and not it.sender.report.kept_s)
        async with App(paths) as other:
            other.begin()
            transport.is_blocked = True
            killed.kill()
            it.speaker.say(50)
            await until(lambda: it.sender.report.kept_s == 1)
            transport.is_blocked = False
            it.sender.retry_now()
            await until(lambda: it.speaker.n_times_on == 2)
            it.speaker.n_spoken = 0
            it.speaker.say(5)
            await until(lambda: other.n_recorded == 1600)
            assert bytes(other.recording) == spoken(0, 1600)
    assert len(it.unsent) == 1


async def test_an_app_that_lives_and_takes_no_connection_is_not_given_up_for_another(
    paths: Paths, transport: Cuttable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with App(paths) as served, App(paths) as other, bringing(transport, tmp_path) as it:
        await until(lambda: other.receiver.is_attached and it.sender._service.app)
        other.begin()
        await until(lambda: it.speaker.is_on)
        connect = app_finder.connect

        def refusing(session: sessions.Announcement) -> object:
            if session.id == other.receiver.id:
                raise ProblemError(app_finder.nobody("")) from TimeoutError()
            return connect(session)

        monkeypatch.setattr(app_finder, "connect", refusing)
        served.begin()
        transport.cut()
        it.speaker.say(10)
        await until(lambda: any("The app does not answer" in words for words in it.said))
        assert it.speaker.is_on
        assert not served.receiver.is_attached
        monkeypatch.setattr(app_finder, "connect", connect)
        it.sender.retry_now()
        await until(lambda: other.n_recorded == 3200)


@pytest.mark.parametrize("served", ["", "../../etc/passwd", "0" * 32])
async def test_an_app_that_was_never_there_is_passed_over(paths: Paths, served: str) -> None:
    async with App(paths) as app:
        assert app_finder.find(paths, "", served).id == app.receiver.id


async def test_a_stream_that_somebody_else_has_begun_is_not_taken(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, start=640, begun=True)
        assert (await peer.hears(Type.BYE)).sample == 640
        peer.speak(640, 320)
        peer.say(hello("", "the-next-stream"))
        await peer.hears(Type.ACK)
        peer.speak(0, 100)
        await peer.acked(100)
    assert bytes(app.recording) == spoken(0, 100)


async def test_a_sender_is_told_at_once_and_again_and_again_which_app_it_is(app: App) -> None:
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await until(lambda: len(peer.pings) == 2)
    told = {ping.payload.decode() for ping in peer.pings}
    assert told == {app.inbox.session.id} == {app.receiver.id}
