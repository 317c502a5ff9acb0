"""The courier against a real inbox, over lines that are cut, frozen and refused."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from skdictate.audio.continuity import Missing
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.sender import app_connection
from skdictate.remote_mic.sender import sender as sender_module
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.transport import SocketTransport, host_name
from skdictate.sources.base import Named, Trouble
from skdictate.system.paths import Paths
from tests.support.mic_line import SOUND, App, Speaker, connected, spoken, until
from tests.support.tunnel import BLOCKED, Tunnel


class SenderRig:
    """A courier and its speaker, and what it said."""

    def __init__(self, transport: Any, folder: Path, **options: Any) -> None:
        self.speaker = Speaker()
        self.folder = folder
        self.sender = Sender(
            lambda: self.speaker, transport, folder, sound=SOUND, label="Desk", **options
        )
        self.said: list[str] = []
        self.sender.on_change = self.said.append
        self.running: asyncio.Task[None]

    @property
    def unsent(self) -> list[Path]:
        return sorted(self.folder.glob("unsent*.wav"))


@asynccontextmanager
async def bringing(transport: Any, folder: Path, **options: Any) -> AsyncIterator[SenderRig]:
    """A courier that runs."""
    sender = SenderRig(transport, folder, **options)
    async with asyncio.TaskGroup() as group:
        sender.running = group.create_task(sender.sender.run())
        try:
            yield sender
        finally:
            sender.running.cancel()


@pytest.fixture
def tunnel(app: App) -> Tunnel:
    return Tunnel(app)


async def test_the_microphone_is_on_while_a_dictation_runs_and_at_no_other_time(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await until(lambda: app.receiver.is_attached)
        await asyncio.sleep(0.05)
        assert not it.speaker.is_on
        assert it.sender.report.words == "connected to the app · Desk is off"
        for n in (1, 2):
            app.begin()
            await until(lambda: it.speaker.is_on)
            it.speaker.n_spoken = 0
            it.speaker.say(10)
            await until(lambda: app.n_recorded == 3200)
            await app.end()
            await until(lambda: not it.speaker.is_on)
            assert bytes(app.recording) == spoken(0, 3200)
            assert it.speaker.n_times_on == n
            assert app.names == [f"Desk on {host_name()}"]
    assert tunnel.n_opened == 1, "all over one line"
    assert it.unsent == []


async def test_what_is_spoken_until_the_end_is_recorded_though_much_of_it_waits(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        app.hold.clear()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(500)
        await until(lambda: it.sender.report.kept_s == 10)
        ending = asyncio.ensure_future(app.end())
        await until(lambda: not it.speaker.is_on)
        app.hold.set()
        await ending
    assert bytes(app.recording) == spoken(0, 500 * 320)


async def test_no_more_than_half_a_second_is_on_its_way(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        source = app.begin()
        app.hold.clear()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(500)
        await asyncio.sleep(0.3)
        assert source.stream is not None
        assert 4800 <= source.stream.next <= 8000
        assert "kept here" in it.sender.report.words
        app.hold.set()
        await until(lambda: app.n_recorded == 500 * 320)


async def test_a_hundred_cuts_lose_and_double_nothing(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.mic_protocol.retry.FIRST_RETRY_S", 0.001)
    rng = random.Random(3)
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        for _ in range(100):
            it.speaker.say(rng.randrange(40))
            await asyncio.sleep(rng.random() * 0.01)
            tunnel.cut()
            it.sender.retry_now()
        it.speaker.say(10)
        n_spoken = it.speaker.n_spoken
        while app.n_recorded < n_spoken:
            it.sender.retry_now()
            await asyncio.sleep(0.02)
        await app.end()
    assert bytes(app.recording) == spoken(0, n_spoken)
    assert tunnel.n_opened > 20
    assert it.speaker.n_times_on == 1


async def test_a_frozen_line_is_given_up_and_what_was_on_it_comes_again(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_connection, "LIFE_S", 0.3)
    monkeypatch.setattr(app_connection, "PING_S", 0.05)
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 1600)
        tunnel.freeze()
        it.speaker.say(50)
        await until(lambda: app.n_recorded == 55 * 320)
    assert any("The line stands still" in words for words in it.said)
    assert bytes(app.recording) == spoken(0, 55 * 320)


async def test_a_blocked_way_is_tried_for_ever_and_said_once(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 0.01)
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        tunnel.problem = BLOCKED
        tunnel.cut()
        it.speaker.say(100)
        await until(lambda: it.sender.report.n_tries > 10)
        words = it.sender.report.words
        assert words.startswith("no line to the app")
        assert "Desk is heard" in words
        assert words.endswith("2.0 s kept here")
        tunnel.problem = None
        await until(lambda: app.n_recorded == 32_000)
        await app.end()
    assert sum("There is no way" in words for words in it.said) == 1
    assert bytes(app.recording) == spoken(0, 32_000)


async def test_a_pause_is_heard_of_and_nothing_of_it_is_kept(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        source = app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 1600)
        source.pause()
        await until(lambda: it.sender.report.is_paused)
        assert "paused there" in it.sender.report.words
        it.speaker.say(50)
        await until(it.speaker.items.empty)
        source.resume()
        await until(lambda: not it.sender.report.is_paused)
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 3200)
        await app.end()
    assert bytes(app.recording) == spoken(0, 1600) + spoken(55 * 320, 1600)
    assert app.missing == []


async def test_what_the_source_says_is_passed_on_in_its_place(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    trouble = Problem(Kind.MICROPHONE, "Unplugged", "It has gone")
    async with bringing(tunnel, tmp_path) as it:
        source = app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(1)
        it.speaker.items.put_nowait(Trouble(trouble))
        it.speaker.items.put_nowait(Missing(1000, is_overrun=True))
        it.speaker.items.put_nowait(Missing(500))
        it.speaker.items.put_nowait(Named("Headset", "Desk"))
        it.speaker.say(1)
        await until(lambda: app.n_recorded == 640 + 1500)
        host = host_name()
        assert app.names == [f"Desk on {host}", f"Headset on {host}"]
        assert app.troubles[-1] == f"From {host}: Unplugged"
        assert app.missing == [Missing(1000, is_overrun=True), Missing(500)]
        assert source.name == f"Headset on {host}"
        tunnel.cut()
        await until(lambda: tunnel.n_opened == 2)
        it.speaker.say(1)
        await until(lambda: app.n_recorded == 960 + 1500)
        assert len(app.names) == 2, "the name has not changed"
    assert any("Unplugged" in words for words in it.said)


async def test_opus_is_mended_to_the_bit_while_nothing_else_is_to_be_sent(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path, codec="opus") as it:
        source = app.begin()
        await until(lambda: it.speaker.is_on)
        for n in range(6):
            it.speaker.say(25)
            if n == 3:
                await until(lambda: app.n_recorded > 6000)
                tunnel.cut()
        await until(lambda: app.n_recorded >= 150 * 320 - 104)
        assert ", Opus" in source.words
        assert it.sender.report.is_opus
        await app.end()
    assert bytes(app.recording) == spoken(0, 150 * 320)


async def test_what_nobody_takes_any_more_is_in_a_file(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with App(paths) as app:
        tunnel = Tunnel(app)
        async with bringing(tunnel, tmp_path) as it:
            app.begin()
            await until(lambda: it.speaker.is_on)
            it.speaker.say(5)
            await until(lambda: app.n_recorded == 1600 and not it.sender.report.kept_s)
            tunnel.problem = BLOCKED
            tunnel.cut()
            it.speaker.say(50)
            it.speaker.items.put_nowait(Missing(320))
            await until(lambda: it.sender.report.kept_s == pytest.approx(1.02))
        (path,) = it.unsent
    assert path.stat().st_mode & 0o777 == 0o600
    with wave.open(str(path)) as file:
        assert file.getframerate() == 16_000
        assert file.readframes(10**6) == spoken(1600, 50 * 320) + bytes(640)
    assert it.said[-1] == f"1.0 s that nobody took there are in {path}"


async def test_the_backlog_of_a_dictation_that_is_over_is_in_a_file_and_the_next_one_begins(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.remote_mic.receiver.remote_source.AWAY_S", 0.1)
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        tunnel.problem = BLOCKED
        tunnel.cut()
        it.speaker.say(50)
        await app.end()
        app.begin()
        tunnel.problem = None
        it.sender.retry_now()
        await until(lambda: it.unsent)
        await until(lambda: it.speaker.n_times_on == 2)
        it.speaker.n_spoken = 0
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 1600)
    assert bytes(app.recording) == spoken(0, 1600)
    with wave.open(str(it.unsent[0])) as file:
        assert file.getnframes() == 50 * 320


async def test_a_folder_that_takes_no_file_is_said(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    folder = tmp_path / "file"
    folder.write_text("")
    async with bringing(tunnel, folder) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        tunnel.problem = BLOCKED
        tunnel.cut()
        it.speaker.say(50)
        await until(lambda: it.sender.report.kept_s == 1)
    assert it.said[-1].startswith("1.0 s could be neither sent nor saved: ")


async def test_who_is_not_listened_to_switches_the_microphone_off(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 1600)
        async with connected(app) as other:
            other.greet(app.inbox.session.token, "another-stream", take_over=True, label="Other")
            await other.hears(Type.ACK)
            await until(lambda: not it.speaker.is_on)
            taken = "Another microphone has taken over"
            await until(lambda: any(taken in words for words in it.said))
        it.sender.retry_now()
        await until(lambda: it.speaker.n_times_on == 2)
        assert len(app.names) == 3


async def test_an_app_that_comes_late_is_waited_for_and_one_that_closed_too(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 0.02)
    async with bringing(SocketTransport(paths), tmp_path) as it:
        await until(lambda: it.said)
        assert "Nobody waits for a microphone" in it.said[0]
        for n in range(2):
            async with App(paths) as app:
                app.begin()
                await until(lambda n=n: it.speaker.n_times_on == n + 1)  # type: ignore[misc]
                it.speaker.say(5)
                await until(lambda app=app: app.n_recorded == 1600)  # type: ignore[misc]
            await until(lambda: not it.speaker.is_on)
    assert any("The app was closed" in words for words in it.said)


async def test_who_is_not_patient_ends_with_what_is_wrong(paths: Paths, tmp_path: Path) -> None:
    sender = SenderRig(SocketTransport(paths), tmp_path, is_patient=False)
    with pytest.raises(ProblemError, match="Nobody waits"):
        await sender.sender.run()


async def test_a_source_that_ends_is_the_end(app: App, tunnel: Tunnel, tmp_path: Path) -> None:
    sender = SenderRig(tunnel, tmp_path)
    app.begin()
    sender.speaker.say(100)
    sender.speaker.stop()
    await sender.sender.run()
    await until(lambda: app.troubles[-1:] == ["Waiting for a microphone"])
    assert bytes(app.recording) == spoken(0, 32_000)


async def test_a_microphone_that_fails_is_told_there_and_here(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    sender = SenderRig(tunnel, tmp_path)
    sender.speaker = Speaker(problem=Problem(Kind.MICROPHONE, "Broken"))
    app.begin()
    sender.speaker.say(1)
    sender.speaker.stop()
    with pytest.raises(ProblemError, match="Broken"):
        await sender.sender.run()
    await until(lambda: f"From {host_name()}: Broken" in app.troubles)
    assert app.n_recorded == 320


async def test_what_will_never_work_is_not_tried_again(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    tunnel.problem = Problem(Kind.NETWORK, "No such host", is_permanent=True)
    sender = SenderRig(tunnel, tmp_path, has_user=True)
    with pytest.raises(ProblemError, match="No such host"):
        await sender.sender.run()


async def test_who_was_let_in_once_asks_the_user_before_it_gives_up(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path, has_user=True) as it:
        assert it.sender.may_ask
        await until(lambda: app.receiver.is_attached)
        assert tunnel.asked
        await until(lambda: not it.sender.may_ask)
        tunnel.problem = Problem(Kind.NETWORK, "Permission denied", is_permanent=True)
        tunnel.cut()
        await until(lambda: any("press Enter" in words for words in it.said))
        assert not tunnel.asked
        tunnel.problem = None
        await asyncio.sleep(0.3)
        assert tunnel.n_opened == 1, "it is not tried behind the user's back"
        it.sender.retry_now()
        await until(lambda: tunnel.n_opened == 2)
        assert tunnel.asked


async def test_finishing_brings_what_is_there_and_ends(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    sender = SenderRig(tunnel, tmp_path)
    app.begin()
    running = asyncio.ensure_future(sender.sender.run())
    await until(lambda: sender.speaker.is_on)
    sender.speaker.say(100)
    sender.sender.finish()
    await running
    assert not sender.speaker.is_on
    await until(lambda: app.n_recorded == 32_000)


async def test_finishing_without_a_dictation_ends_at_once(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    sender = SenderRig(tunnel, tmp_path)
    running = asyncio.ensure_future(sender.sender.run())
    await until(lambda: app.receiver.is_attached)
    sender.sender.finish()
    async with asyncio.timeout(5):
        await running


class Refusal:
    """A road to somebody who says the same thing to everybody, and listens to nobody."""

    name = "the app"
    is_wide = False
    token = ""

    def __init__(self, said: bytes) -> None:
        self.n_opened = 0
        self._said = said

    async def open(self, *, may_ask: bool, served: str = "") -> Refusal:
        self.n_opened += 1
        return self

    async def read(self) -> bytes:
        return self._said

    def write(self, data: bytes) -> None:
        pass

    async def drain(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def ending(self) -> Problem | None:
        return None


@pytest.mark.parametrize(
    "said",
    [b"\xff" * 40, Frame(Type.TROUBLE, payload=b"{").encode(), Frame(Type.TROUBLE).encode()],
)
async def test_an_app_that_talks_nonsense_is_left(
    tmp_path: Path, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 0.01)
    transport = Refusal(said)
    async with bringing(transport, tmp_path) as it:
        await until(lambda: transport.n_opened > 3)
    assert any("is not understood" in words for words in it.said)
    assert not it.speaker.n_times_on


async def test_who_is_refused_knocks_less_and_less_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.core.backoff.SOON_S", 0.05)
    said = {"code": "session", "kind": "microphone", "title": "Nobody waits"}
    transport = Refusal(Frame(Type.TROUBLE, payload=json.dumps(said).encode()).encode())
    async with bringing(transport, tmp_path) as it:
        await until(lambda: transport.n_opened > 5)
        assert it.sender.report.n_tries >= 5, "a refusal is no connection"
        words = it.sender.report.words
        works = r"the line to the app works: nobody waits( for \d+ s)?"
        assert re.fullmatch(works, words)
        transport._said = b""  # the machine is gone, too
        n_opened = transport.n_opened
        await until(lambda: transport.n_opened > n_opened + 1)
        await until(lambda: it.sender.report.words.startswith("no line to the app"))
    assert it.said == ["Nobody waits."]


@pytest.mark.parametrize("kind", [Kind.MICROPHONE, Kind.NETWORK])
async def test_no_app_on_this_machine_is_no_line_that_fails(
    tunnel: Tunnel, tmp_path: Path, kind: Kind
) -> None:
    tunnel.problem = Problem(kind, "Nobody waits for a microphone", "No app does")
    async with bringing(tunnel, tmp_path) as it:
        await until(lambda: it.sender.report.n_tries >= 2)
        words = it.sender.report.words
        works = "the line to the app works: nobody waits for a microphone"
        assert words.startswith(works if kind is Kind.MICROPHONE else "no line to the app")


async def test_a_late_acknowledgement_of_another_stream_does_not_switch_it_on(
    app: App, tunnel: Tunnel, tmp_path: Path
) -> None:
    async with bringing(tunnel, tmp_path) as it:
        await until(lambda: app.receiver.is_attached)
        app.receiver.say(Frame(Type.ACK, 320), Frame(Type.ACK, 0, payload=b"another-stream"))
        app.receiver.say(Frame(Type.PING, 3))
        await asyncio.sleep(0.1)
        assert not it.speaker.is_on


async def test_words_for_a_microphone_that_is_muted_and_for_a_bad_line(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "SILENT_S", 0.05)
    async with bringing(tunnel, tmp_path) as it:
        assert it.sender.report.words == "connecting to the app"
        app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.items.put_nowait(bytes(640))
        await asyncio.sleep(0.1)
        it.speaker.items.put_nowait(bytes(640))
        await until(lambda: "nothing but zeros: is it muted?" in it.sender.report.words)
        it.speaker.say(5)
        await until(lambda: "Desk is heard" in it.sender.report.words)
        await until(lambda: "lag 0.0" in it.sender.report.words)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 2, "and it is left at once"


async def test_what_stays_opus_is_said_at_both_ends(
    app: App, tunnel: Tunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "skdictate.mic_protocol.flow_control.FlowControl.may_repair", lambda flow, now_s: False
    )
    monkeypatch.setattr("skdictate.remote_mic.sender.dialogue.MENDING_S", 0.1)
    async with bringing(tunnel, tmp_path, codec="opus") as it:
        source = app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(100)
        await until(lambda: app.n_recorded > 31_000)
        assert source.words.endswith("PCM, 2 s to be mended") or source.words.endswith(
            "Opus, 2 s to be mended"
        )
        await until(lambda: "2 s to be sent again without loss" in it.sender.report.words)
        await app.end()
        await until(lambda: it.said[-1].endswith("2 s stay there as Opus: the line is too thin"))
    assert app.n_recorded == 32_000
