"""Senders that come, come back and go: each sample is taken once; who is not heard is told."""

from __future__ import annotations

import asyncio
import time

import pytest

from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver import receiver, remote_source
from tests.support.mic_line import STREAM, App, connected, hello, spoken, until


async def test_sound_is_acknowledged_when_it_was_taken_and_not_before(app: App) -> None:
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, host="laptop")
        app.begin()
        go = await peer.hears(Type.ACK)
        assert (go.sample, go.payload) == (0, STREAM.encode())
        app.hold.clear()
        peer.speak(0, 320)
        await asyncio.sleep(0.05)
        assert len(peer.of(Type.ACK)) == 1
        app.hold.set()
        await peer.acked(320)
        peer.say(Frame(Type.BYE, 320))
        await app.end()
    assert bytes(app.recording) == spoken(0, 320)
    assert app.names == ["Desk on laptop"]


async def test_nothing_is_wanted_before_a_dictation_begins_and_after_it_ends(app: App) -> None:
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await until(lambda: app.receiver.is_attached)
        assert app.receiver.words.startswith("Desk, ready")
        peer.speak(0, 320)
        await asyncio.sleep(0.05)
        assert peer.heard == []
        app.begin()
        await peer.hears(Type.ACK)
        peer.speak(0, 320)
        await peer.acked(320)
        ending = asyncio.ensure_future(app.end())
        bye = await peer.hears(Type.BYE)
        assert bye.sample == 320
        peer.speak(320, 320)
        await peer.acked(640)
        peer.say(Frame(Type.BYE, 640))
        await ending
        peer.speak(640, 320)
        await asyncio.sleep(0.05)
    assert bytes(app.recording) == spoken(0, 640), "what was spoken before the end, and no more"


async def test_who_comes_back_goes_on_where_the_recording_ends(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as peer:
        peer.greet(token)
        peer.speak(0, 3200)
        await peer.acked(3200)
    await until(lambda: not app.receiver.is_attached)
    async with connected(app) as peer:
        peer.greet(token, start=1000)
        assert (await peer.hears(Type.ACK)).sample == 3200
        peer.speak(2000, 3200)
        await peer.acked(5200)
        peer.say(Frame(Type.BYE, 5200))
        await app.end()
    assert bytes(app.recording) == spoken(0, 5200)
    assert app.missing == []
    assert app.names == ["Desk"]


async def test_one_at_a_time_until_somebody_takes_over(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as first, connected(app) as second, connected(app) as third:
        first.greet(token, sender="a", host="laptop")
        first.speak(0, 320)
        await first.acked(320)
        second.greet(token, stream="another-stream", sender="b")
        await until(lambda: second.is_closed)
        assert second.refusal["code"] == "busy"
        assert second.refusal["detail"] == "Desk on laptop"
        third.greet(token, stream="another-stream", sender="b", take_over=True, label="Headset")
        await third.hears(Type.ACK)
        await until(lambda: first.is_closed)
        assert first.refusal["code"] == "busy"
        third.speak(0, 320)
        await third.acked(320)
    assert bytes(app.recording) == 2 * spoken(0, 320)
    assert app.names == ["Desk on laptop", "Headset"]


async def test_who_fell_silent_may_be_replaced(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "ALIVE_S", 0.05)
    app.begin()
    async with connected(app) as first, connected(app) as second:
        first.greet(app.inbox.session.token, sender="a")
        await first.hears(Type.ACK)
        await asyncio.sleep(0.1)
        second.greet(app.inbox.session.token, stream="another-stream", sender="b")
        await second.hears(Type.ACK)


async def test_who_was_replaced_may_come_back_with_what_it_kept(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as first:
        first.greet(token, sender="a")
        first.speak(0, 320)
        await first.acked(320)
    async with connected(app) as second:
        second.greet(token, stream="another-stream", sender="b")
        second.speak(0, 100)
        await second.acked(100)
    await until(lambda: not app.receiver.is_attached)
    async with connected(app) as first:
        first.greet(token, sender="a")
        assert (await first.hears(Type.ACK)).sample == 320
        first.speak(320, 320)
        await first.acked(640)
    assert bytes(app.recording) == spoken(0, 320) + spoken(0, 100) + spoken(320, 320)


async def test_the_next_dictation_is_another_stream_on_the_same_line(app: App) -> None:
    token = app.inbox.session.token
    async with connected(app) as peer:
        peer.greet(token)
        for n in range(3):
            app.begin()
            await peer.hears(Type.ACK, 2 * n + 1)
            peer.speak(0, 320)
            await peer.acked(320)
            await until(lambda: app.n_recorded == 320)
            ending = asyncio.ensure_future(app.end())
            await peer.hears(Type.BYE, n + 1)
            peer.say(Frame(Type.BYE, 320), hello(token, f"stream-number-{n}"))
            await ending
            assert bytes(app.recording) == spoken(0, 320)


async def test_a_stream_of_a_dictation_that_is_over_is_told_so(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as peer:
        peer.greet(token)
        peer.speak(0, 320)
        await peer.acked(320)
        peer.say(Frame(Type.BYE, 320))
        await app.end()
    app.begin()
    async with connected(app) as peer:
        peer.greet(token)
        assert (await peer.hears(Type.BYE)).sample == 320
        peer.speak(320, 320)
        peer.say(hello(token, "another-stream"))
        await peer.hears(Type.ACK)
        peer.speak(0, 100)
        await peer.acked(100)
    assert bytes(app.recording) == spoken(0, 100)


async def test_a_sender_that_is_away_at_the_end_is_waited_for(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as peer:
        peer.greet(token)
        peer.speak(0, 320)
        await peer.acked(320)
    await until(lambda: not app.receiver.is_attached)
    ending = asyncio.ensure_future(app.end())
    async with connected(app) as peer:
        peer.greet(token)
        await peer.hears(Type.ACK)
        await peer.hears(Type.BYE)
        peer.speak(320, 320)
        await peer.acked(640)
        peer.say(Frame(Type.BYE, 640))
        await ending
    assert bytes(app.recording) == spoken(0, 640)


async def test_a_sender_that_never_says_the_end_is_not_waited_for_long(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_source, "AWAY_S", 0.3)
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.speak(0, 320)
        await peer.acked(320)
        await app.end()
        await peer.hears(Type.BYE, 2)  # the end, and that it is final


async def test_what_is_captured_after_the_end_is_not_taken(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
        ending = asyncio.ensure_future(app.end())
        await peer.hears(Type.BYE)
        peer.speak(320, 320, time.monotonic_ns())
        await asyncio.sleep(2 * remote_source.AFTER_S)
        peer.speak(640, 320, time.monotonic_ns())
        await ending
    assert bytes(app.recording) == spoken(0, 640)
