"""Several lines of one sender: it is heard once, and told everything on each."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver import connection_set
from tests.support.mic_line import STREAM, App, connected, hello, spoken, until


async def test_a_second_line_of_the_same_sender_takes_the_place_of_the_first(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as frozen, connected(app) as peer:
        frozen.greet(token)
        frozen.speak(0, 320)
        await frozen.acked(320)
        peer.greet(token)
        assert (await peer.hears(Type.ACK)).sample == 320
        assert not frozen.is_closed, "it may be the one that goes on"
        peer.speak(320, 320)
        await peer.acked(640)
        await until(lambda: frozen.is_closed)
        assert frozen.of(Type.TROUBLE) == []
    assert bytes(app.recording) == spoken(0, 640)


async def test_of_two_lines_of_a_sender_both_are_heard_and_told_until_it_is_sure(app: App) -> None:
    token = app.inbox.session.token
    source = app.begin()
    async with connected(app) as older:
        older.greet(token)
        older.speak(0, 320)
        await older.acked(320)
        async with connected(app) as newer:
            newer.greet(token)
            assert (await newer.hears(Type.ACK)).sample == 320
            older.speak(320, 640)
            await older.acked(960)
            await newer.acked(960)
            source.pause()
            for peer in (older, newer):
                await peer.hears(Type.PAUSE)
            source.resume()
        older.speak(960, 320)
        await older.acked(1280)
        assert app.receiver.is_attached
        ending = asyncio.ensure_future(app.end())
        await older.hears(Type.BYE)
        older.say(Frame(Type.BYE, 1280))
        await ending
    assert bytes(app.recording) == spoken(0, 1280)


async def test_what_was_on_its_way_on_both_lines_is_recorded_once(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with connected(app) as older, connected(app) as newer:
        older.greet(token)
        older.speak(0, 320)
        await older.acked(320)
        newer.greet(token)
        await newer.hears(Type.ACK)
        older.speak(320, 3200)
        await newer.acked(3520)
        newer.speak(320, 6400)
        await newer.acked(6720)
        await until(lambda: older.is_closed)
    assert bytes(app.recording) == spoken(0, 6720)


async def test_a_dictation_begins_on_whichever_line_the_sender_uses(app: App) -> None:
    token = app.inbox.session.token
    async with connected(app) as older, connected(app) as newer:
        older.greet(token)
        await until(lambda: app.receiver.is_attached)
        newer.greet(token)
        newer.say(Frame(Type.PING))
        await newer.hears(Type.PONG)
        app.begin()
        for peer in (older, newer):
            assert (await peer.hears(Type.ACK)).payload == STREAM.encode()
        older.speak(0, 320)
        await older.acked(320)
        ending = asyncio.ensure_future(app.end())
        await older.hears(Type.BYE)
        older.say(Frame(Type.BYE, 320), hello(token, "the-next-stream"))
        await ending
        await until(lambda: newer.is_closed)
        app.begin()
        await older.hears(Type.ACK, 3)
        older.speak(0, 100)
        await older.acked(100)
        await until(lambda: app.n_recorded == 100)
    assert bytes(app.recording) == spoken(0, 100)


async def test_a_sender_has_few_lines_at_a_time(app: App) -> None:
    token = app.inbox.session.token
    app.begin()
    async with AsyncExitStack() as stack:
        peers = [
            await stack.enter_async_context(connected(app)) for _ in range(connection_set.MOST + 1)
        ]
        for peer in peers:
            peer.greet(token)
            await peer.hears(Type.ACK)
        await until(lambda: peers[0].is_closed)
        assert not any(peer.is_closed for peer in peers[1:])
