"""What is said of a microphone elsewhere, whether it is there, away or stands still."""

from __future__ import annotations

import json
import re
import time

import pytest

from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver import connection_status, remote_source, sender_connection
from tests.support.mic_line import App, connected, hello, until


async def test_it_is_said_when_nobody_is_there_yet(app: App) -> None:
    source = app.begin()
    await until(lambda: app.troubles)
    assert app.troubles == ["Waiting for a microphone"]
    assert source.words == "waiting for a microphone"
    assert source.name == "a microphone elsewhere"
    assert app.receiver.words == source.words
    await app.end()


async def test_it_is_said_when_the_sender_is_away_and_when_it_stands_still(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_source, "AWAY_SAID_S", 0.1)
    monkeypatch.setattr(connection_status, "SILENT_S", 0.5)
    source = app.begin()
    token = app.inbox.session.token
    async with connected(app) as peer:
        peer.greet(token, host="laptop")
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
        assert re.fullmatch(
            r"Desk on laptop, lag 0\.\d\d s(, round trip \d+ ms)?, nothing lost, PCM", source.words
        )
        peer.answers_pings = False
        await until(lambda: "The microphone stands still" in app.troubles)
        assert "Desk on laptop, no sign for" in source.words
    await until(lambda: "The microphone is away" in app.troubles)
    assert "Desk on laptop, away for 0 s, keeps what it hears" in source.words
    async with connected(app) as peer:
        peer.greet(token, host="laptop")
        peer.speak(320, 320, time.monotonic_ns() - 3 * 10**9)
        await peer.acked(640)
        assert source.words.startswith("Desk on laptop, 3.")
        assert "s behind, " in source.words
        assert source.words.endswith(", nothing lost, PCM")
        peer.say(Frame(Type.BYE, 640))
        await until(lambda: app.troubles[-1] == "Waiting for a microphone")
    waiting = ["Waiting for a microphone"]
    assert app.troubles == [
        *waiting,
        "The microphone stands still",
        "The microphone is away",
        *waiting,
    ]


@pytest.mark.parametrize("took_s", [0.0, 0.2])
async def test_the_round_trip_of_the_line_and_what_is_lost_are_told(
    app: App, monkeypatch: pytest.MonkeyPatch, took_s: float
) -> None:
    monkeypatch.setattr(sender_connection, "PING_S", 0.1)

    def told_ms(words: str) -> int:
        found = re.search(r", round trip (\d+) ms", words)
        return int(found[1]) if found else -1

    async with connected(app) as peer:
        peer.answers_after_s = took_s
        peer.greet(app.inbox.session.token, host="laptop")
        await until(lambda: told_ms(app.receiver.words) >= 1000 * took_s)
        assert app.receiver.words.startswith("Desk on laptop, ready, round trip ")
        source = app.begin()
        await peer.hears(Type.ACK)
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
        assert told_ms(source.words) >= 1000 * took_s
        assert source.words.endswith(", nothing lost, PCM")
        peer.say(Frame.gap(320, 12_000))
        peer.speak(12_320, 320, time.monotonic_ns())
        await until(lambda: source.words.startswith("Desk on laptop, 0.8 s lost, lag 0."))
        assert told_ms(source.words) >= 1000 * took_s


async def test_another_name_and_a_trouble_are_passed_on_made_safe_to_show(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, host="lap\x1b]0;top")
        peer.speak(0, 320)
        peer.say(hello("", label="USB\x1b[2J Yeti" + 200 * "x", host="laptop"))
        said = {"kind": "disk", "title": "\x9b31mgone", "detail": 9, "hint": "h" * 1000}
        peer.say(Frame(Type.TROUBLE, payload=json.dumps(said).encode()))
        await until(lambda: len(app.troubles) == 2)
    assert app.names[0] == "Desk on lap�]0;top"
    assert app.names[1].startswith("USB�[2J Yetixxx")
    assert len(app.names[1]) < 100
    assert app.troubles[1] == "From laptop: �31mgone"


async def test_a_probe_is_answered_and_changes_nothing(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, probe=True)
        peer.say(Frame(Type.PING, 7, 8))
        pong = await peer.hears(Type.PONG)
        assert (pong.sample, pong.capture_ns) == (7, 8)
        assert not app.receiver.is_attached
        peer.speak(0, 320)
        peer.say(hello("", "another-stream"))
        await until(lambda: peer.is_closed)
    assert app.n_recorded == 0
