"""Peers that mean no good: whatever they send, it is taken for what it is."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from skdictate.audio.opus import OpusEncoder
from skdictate.audio.pcm import Format
from skdictate.mic_protocol.frames import PREAMBLE, Codec, Frame, Type
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.receiver import arrival_queue, remote_source, sender_connection
from tests.support.mic_line import App, Peer, connected, hello, spoken, until

JUNK = [
    (b"GET / HTTP/1.1\r\n\r\n", "protocol"),
    (PREAMBLE + Frame(Type.AUDIO, 0, 0, bytes(64)).encode(), "protocol"),
    (PREAMBLE + Frame(Type.HELLO, payload=b"no json").encode(), "protocol"),
    (PREAMBLE + Frame(Type.HELLO, payload=b"[" * 4000).encode(), "protocol"),
    (PREAMBLE + Frame(Type.HELLO, payload=b"[]").encode(), "protocol"),
    (PREAMBLE + Frame(Type.HELLO, payload=b'{"v": 2}').encode(), "protocol"),
    (PREAMBLE + b"\x01\x00\xff\xff" + bytes(16), "protocol"),
    (PREAMBLE + hello("", stream="../../etc").encode(), "protocol"),
    (PREAMBLE + hello("", rate_hz=10**9).encode(), "protocol"),
    (PREAMBLE + hello("", rate_hz=True).encode(), "protocol"),
    (PREAMBLE + hello("").encode(), "stranger"),
    (PREAMBLE + hello("0" * 32).encode(), "stranger"),
    (PREAMBLE + hello("\ud800 ключ").encode(), "stranger"),
]


@pytest.mark.parametrize(("said", "code"), JUNK)
async def test_who_does_not_say_hello_as_it_should_is_not_listened_to(
    app: App, said: bytes, code: str
) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.write(said)
        await until(lambda: peer.is_closed)
        assert peer.refusal["code"] == code
        assert app.inbox.session.token not in json.dumps(peer.refusal)
    assert not app.receiver.is_attached
    assert app.n_recorded == 0


@pytest.mark.parametrize(
    "frames",
    [
        [Frame(Type.AUDIO, 320, 0, bytes(640))],
        [Frame.gap(0, 10**9)],
        [Frame.gap(0, 2**61)],
        [Frame.opus(0, 0, 216, b"\xff\xff\xff", is_first=True)],
        [Frame.opus(0, 0, 320, b"x", is_first=False)],
        [Frame.opus(0, 0, 60_000, OpusEncoder(Format(16_000)).pack(bytes(640)), is_first=True)],
        [Frame.opus(0, 0, 0, OpusEncoder(Format(16_000)).pack(bytes(640)), is_first=True)],
        [Frame(Type.MEND, 0, 0, bytes(640))],
        [Frame(Type.TROUBLE, payload=b"{")],
    ],
)
async def test_what_cannot_be_ends_the_line_and_nothing_else(app: App, frames: list[Frame]) -> None:
    app.begin()
    token = app.inbox.session.token
    async with connected(app) as peer:
        peer.greet(token)
        await peer.hears(Type.ACK)
        peer.say(*frames)
        await until(lambda: peer.is_closed)
        assert peer.refusal["code"] == "protocol"
    async with connected(app) as peer:
        peer.greet(token)
        assert (await peer.hears(Type.ACK)).sample == 0
        peer.speak(0, 320)
        await peer.acked(320)
    assert bytes(app.recording) == spoken(0, 320)


async def test_opus_at_a_rate_that_it_has_not_is_refused(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, rate_hz=44_100)
        await peer.hears(Type.ACK)
        peer.say(Frame(Type.AUDIO, 0, 0, b"\x01\x00x", Codec.OPUS_FIRST))
        await until(lambda: peer.is_closed)
        assert "44100" in peer.refusal["detail"]


async def test_many_streams_are_no_way_around_what_one_may_have(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_source, "SPOOLED_S", 1.0)
    monkeypatch.setattr(remote_source, "SLACK_S", 0.0)
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        for n in range(50):
            peer.speak(0, 3200)
            peer.say(hello("", f"stream-number-{n}"))
        await until(lambda: peer.is_closed)
    assert app.n_recorded < 16_000 * 10


async def test_who_sends_without_listening_is_not_read_further_than_need_be(app: App) -> None:
    source = app.begin()
    app.hold.clear()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.answers_pings = False
        for n in range(4000):
            peer.speak(320 * n, 320)
        await until(lambda: len(source._arrivals) > arrival_queue.ROOM)
        await asyncio.sleep(0.2)
        assert len(source._arrivals) < arrival_queue.ROOM + 65536 // 660 + 2
        app.hold.set()
        await peer.acked(320 * 4000)
    assert bytes(app.recording) == spoken(0, 320 * 4000)


async def test_who_never_reads_is_let_go(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_connection, "UNREAD_BYTES", 1000)
    reader, writer = await app_finder.reach(app.inbox.session)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    peer = Peer(reader, writer)
    peer.greet(app.inbox.session.token)
    await until(lambda: app.receiver.is_attached)
    with pytest.raises(OSError):
        while True:
            peer.say(*[Frame(Type.PING)] * 1000)
            await writer.drain()
    await until(lambda: not app.receiver.is_attached)


async def test_random_frames_of_a_known_peer_break_nothing(app: App) -> None:
    """Each ends its line at most; the next honest sender is heard to the sample."""
    rng = random.Random(7)
    kinds = list(Type)
    for n in range(150):
        app.begin()
        async with connected(app) as peer:
            peer.greet(app.inbox.session.token, stream=f"stream-number-{n}")
            for _ in range(rng.randrange(1, 12)):
                kind, codec = rng.choice(kinds), rng.choice([0, 0, 0, 1, 2])
                payload = rng.randbytes(rng.choice([0, 2, 8, 9, 40, 640]))
                sample = rng.choice([0, 0, 1, 320, 2**40, 2**63])
                head = bytes([kind, codec]) + len(payload).to_bytes(2, "little")
                times = sample.to_bytes(8, "little") + rng.randbytes(8)
                peer.write(head + times + payload)
            peer.say(Frame(Type.PING, 99))
            await until(lambda: peer.is_closed or peer.of(Type.PONG))
        assert app.source is not None and app._taking is not None
        app._taking.cancel()
        await asyncio.wait([app._taking])
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, stream="honest-stream")
        peer.speak(0, 3200)
        await peer.acked(3200)
    assert bytes(app.recording) == spoken(0, 3200)
