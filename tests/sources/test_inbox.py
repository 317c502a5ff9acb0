"""The inbox against peers of every kind: those that come back, and those that mean no good."""

from __future__ import annotations

import asyncio
import json
import os
import random
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from skdictate import session as sessions
from skdictate.convert import Converter
from skdictate.core.audio import Format
from skdictate.core.continuity import Missing
from skdictate.core.frames import PREAMBLE, Codec, Frame, Type
from skdictate.errors import ProblemError
from skdictate.mic import rendezvous
from skdictate.opus import Packer
from skdictate.paths import Paths
from skdictate.sources import arrivals, guest, party, reception, remote, standing
from tests.line import STREAM, App, Peer, connected, hello, spoken, until
from tests.sshd import listening


@pytest.fixture
async def app(paths: Paths) -> AsyncIterator[App]:
    async with App(paths) as running:
        yield running


# ------------------------------------------------------------------------- a stream


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
        await until(lambda: app.reception.is_attached)
        assert app.reception.words == "Desk, ready"
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
    await until(lambda: not app.reception.is_attached)
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
        assert app.reception.is_attached
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
        await until(lambda: app.reception.is_attached)
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
        peers = [await stack.enter_async_context(connected(app)) for _ in range(party.MOST + 1)]
        for peer in peers:
            peer.greet(token)
            await peer.hears(Type.ACK)
        await until(lambda: peers[0].is_closed)
        assert not any(peer.is_closed for peer in peers[1:])


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
    monkeypatch.setattr(reception, "ALIVE_S", 0.05)
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
    await until(lambda: not app.reception.is_attached)
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
    await until(lambda: not app.reception.is_attached)
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
    monkeypatch.setattr(remote, "AWAY_S", 0.3)
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
        await asyncio.sleep(2 * remote.AFTER_S)
        peer.speak(640, 320, time.monotonic_ns())
        await ending
    assert bytes(app.recording) == spoken(0, 640)


async def test_a_gap_is_missing_and_an_overrun_is_counted(app: App) -> None:
    source = app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.speak(0, 320)
        peer.say(Frame(Type.OVERRUN, 320), Frame.gap(320, 1000, "overrun"))
        peer.speak(1320, 320)
        peer.say(Frame.gap(1640, 50, "spool full"))
        await peer.acked(1690)
    assert app.missing == [Missing(1000, is_overrun=True), Missing(50)]
    assert bytes(app.recording) == spoken(0, 320) + bytes(2000) + spoken(1320, 320) + bytes(100)
    assert source.overruns == 1


async def test_in_a_pause_what_was_spoken_before_waits_and_the_rest_is_left_out(app: App) -> None:
    source = app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
        before_ns = time.monotonic_ns()
        await asyncio.sleep(0.02)
        source.pause()
        await peer.hears(Type.PAUSE)
        peer.speak(320, 320, before_ns)
        peer.speak(640, 320, time.monotonic_ns())
        peer.speak(960, 320, time.monotonic_ns())
        await peer.acked(1280)
        source.resume()
        await peer.hears(Type.RESUME)
        peer.speak(1280, 320, time.monotonic_ns())
        await peer.acked(1600)
    assert bytes(app.recording) == spoken(0, 640) + spoken(1280, 320)


async def test_who_comes_in_a_pause_is_told(app: App) -> None:
    app.begin().pause()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.PAUSE)
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
    assert app.n_recorded == 0


async def test_another_rate_is_converted(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token, rate_hz=48_000)
        for n in range(50):
            peer.speak(960 * n, 960)
        peer.say(Frame.gap(48_000, 4800))
        await peer.acked(52_800)
    assert app.missing == [Missing(1600)]
    assert abs(app.n_recorded - 17_600) < 600


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
async def test_opus_is_the_same_sound_in_the_same_place_and_can_be_mended(
    paths: Paths, beckett: Path, rate_hz: int
) -> None:
    import numpy as np
    import soundfile

    samples, _ = soundfile.read(beckett, dtype="int16", frames=16_000 * 3)
    pcm = Converter(16_000, rate_hz).convert_pcm(samples.astype("<i2").tobytes())
    async with App(paths, Format(rate_hz)) as app, connected(app) as peer:
        app.begin()
        peer.greet(app.inbox.session.token, rate_hz=rate_hz)
        packer = Packer(Format(rate_hz))
        n, at = packer.n_samples, 0
        for start in range(0, len(pcm) // 2 // n * n, n):
            n_counted = n - packer.n_ahead * (start == 0)
            packet = packer.pack(pcm[2 * start : 2 * (start + n)])
            peer.say(Frame.opus(at, 0, n_counted, packet, is_first=start == 0))
            at += n_counted
        await peer.acked(at)
        heard = np.frombuffer(bytes(app.recording), "<i2").astype(float)
        assert len(heard) == at
        given = np.frombuffer(pcm[: 2 * at], "<i2").astype(float)
        ms = rate_hz // 1000
        likeness = [
            np.corrcoef(given[200:-200], np.roll(heard, shift)[200:-200])[0, 1]
            for shift in range(-3 * ms, 3 * ms + 1)
        ]
        assert abs(int(np.argmax(likeness)) - 3 * ms) < ms, "not earlier, not later than spoken"
        assert max(likeness) > 0.8
        assert app.source is not None and "Opus" in app.source.words
        for start in range(0, at, 1000):
            end = min(start + 1000, at)
            peer.say(Frame(Type.MEND, start, 0, pcm[2 * start : 2 * end]))
        await until(lambda: any(frame.sample == at for frame in peer.of(Type.MENDED)))
        assert bytes(app.recording) == pcm[: 2 * at]


async def test_only_what_came_as_opus_is_mended(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        peer.greet(app.inbox.session.token)
        peer.speak(0, 320)
        await peer.acked(320)
        peer.say(Frame(Type.MEND, 0, 0, b"\x55\x55" * 320))
        await peer.hears(Type.MENDED)
    assert bytes(app.recording) == spoken(0, 320)


# ------------------------------------------------------------------------- words


async def test_it_is_said_when_nobody_is_there_yet(app: App) -> None:
    source = app.begin()
    await until(lambda: app.troubles)
    assert app.troubles == ["Waiting for a microphone"]
    assert source.words == "waiting for a microphone"
    assert source.name == "a microphone elsewhere"
    assert app.reception.words == source.words
    await app.end()


async def test_it_is_said_when_the_sender_is_away_and_when_it_stands_still(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "AWAY_SAID_S", 0.1)
    monkeypatch.setattr(standing, "SILENT_S", 0.5)
    source = app.begin()
    token = app.inbox.session.token
    async with connected(app) as peer:
        peer.greet(token, host="laptop")
        peer.speak(0, 320, time.monotonic_ns())
        await peer.acked(320)
        assert source.words == "Desk on laptop, lag 0.00 s, PCM"
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
        assert source.words.endswith("s behind, nothing lost, PCM")
        peer.say(Frame(Type.BYE, 640))
        await until(lambda: app.troubles[-1] == "Waiting for a microphone")
    waiting = ["Waiting for a microphone"]
    assert app.troubles == [
        *waiting,
        "The microphone stands still",
        "The microphone is away",
        *waiting,
    ]


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
        assert not app.reception.is_attached
        peer.speak(0, 320)
        peer.say(hello("", "another-stream"))
        await until(lambda: peer.is_closed)
    assert app.n_recorded == 0


# ------------------------------------------------------------------------- no good


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
    assert not app.reception.is_attached
    assert app.n_recorded == 0


@pytest.mark.parametrize(
    "frames",
    [
        [Frame(Type.AUDIO, 320, 0, bytes(640))],
        [Frame.gap(0, 10**9)],
        [Frame.gap(0, 2**61)],
        [Frame.opus(0, 0, 216, b"\xff\xff\xff", is_first=True)],
        [Frame.opus(0, 0, 320, b"x", is_first=False)],
        [Frame.opus(0, 0, 60_000, Packer(Format(16_000)).pack(bytes(640)), is_first=True)],
        [Frame.opus(0, 0, 0, Packer(Format(16_000)).pack(bytes(640)), is_first=True)],
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
    monkeypatch.setattr(remote, "SPOOLED_S", 1.0)
    monkeypatch.setattr(remote, "SLACK_S", 0.0)
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
        await until(lambda: len(source._arrivals) > arrivals.ROOM)
        await asyncio.sleep(0.2)
        assert len(source._arrivals) < arrivals.ROOM + 65536 // 660 + 2
        app.hold.set()
        await peer.acked(320 * 4000)
    assert bytes(app.recording) == spoken(0, 320 * 4000)


async def test_who_never_reads_is_let_go(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "UNREAD_BYTES", 1000)
    reader, writer = await rendezvous.reach(app.inbox.session)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    peer = Peer(reader, writer)
    peer.greet(app.inbox.session.token)
    await until(lambda: app.reception.is_attached)
    with pytest.raises(OSError):
        while True:
            peer.say(*[Frame(Type.PING)] * 1000)
            await writer.drain()
    await until(lambda: not app.reception.is_attached)


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


# ------------------------------------------------------------------------- who may come


def announced(paths: Paths, session: sessions.Session) -> Path:
    """The file that tells of a session."""
    return sessions.folder(paths) / f"{session.id}.json"


async def test_socket_and_file_are_for_this_user_alone_and_no_port_is_open(
    paths: Paths,
) -> None:
    before = listening()
    async with App(paths) as app:
        session = app.inbox.session
        file = announced(paths, session)
        assert listening() == before
        for path, mode in (
            (session.socket, 0o600),
            (file, 0o600),
            (session.socket.parent, 0o700),
        ):
            assert stat.S_IMODE(path.stat().st_mode) == mode, path
        assert len(session.token) == 32
        assert session.token not in repr(session)
        environ = Path(f"/proc/{os.getpid()}/environ").read_bytes()
        command = Path(f"/proc/{os.getpid()}/cmdline").read_bytes()
        assert session.token.encode() not in environ + command
    assert not session.socket.exists()
    assert list(sessions.folder(paths).iterdir()) == [], "nothing is left"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
async def test_another_user_gets_no_byte_even_if_the_folder_were_open(
    app: App, tmp_path: Path
) -> None:
    session = app.inbox.session
    for folder in (session.socket.parent, *session.socket.parent.parents):
        if folder != Path("/tmp"):
            folder.chmod(0o755)
    session.socket.chmod(0o666)
    script = (
        "import os, socket\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(10)\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"s.connect({str(session.socket)!r}); n = 0\n"
        "try:\n"
        f"  s.sendall({PREAMBLE + hello(session.token).encode()!r}); n = len(s.recv(99))\n"
        "except (BrokenPipeError, ConnectionResetError): pass\n"
        "print(n)\n"
    )
    app.begin()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "0\n", done.stderr
    assert not app.reception.is_attached


async def test_a_session_is_found_by_number_or_process_and_the_newest_without(
    paths: Paths,
) -> None:
    with pytest.raises(ProblemError, match="Nobody waits"):
        rendezvous.find(paths)
    async with App(paths) as older, App(paths) as newer:
        assert rendezvous.find(paths).id == newer.inbox.session.id
        assert rendezvous.find(paths, older.inbox.session.id[:8]).id == older.inbox.session.id
        assert rendezvous.find(paths, str(os.getpid())).id == newer.inbox.session.id
        with pytest.raises(ProblemError, match="No session 'other' of this user"):
            rendezvous.find(paths, "other")


async def test_what_a_killed_app_left_behind_is_passed_over_and_removed(paths: Paths) -> None:
    async with App(paths) as app:
        session = app.inbox.session
        file = announced(paths, session)
        told = file.read_bytes()
    file.write_bytes(told)
    file.chmod(0o600)
    assert rendezvous.sessions(paths) == []
    assert not file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604])
async def test_a_file_that_others_can_read_tells_of_no_session(
    app: App, paths: Paths, mode: int
) -> None:
    file = announced(paths, app.inbox.session)
    assert sessions.read(file) == app.inbox.session
    file.chmod(mode)
    assert sessions.read(file) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"socket": 1}', "x" * 9000])
def test_a_file_that_tells_nothing_is_no_session(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    file.chmod(0o600)
    assert sessions.read(file) is None
    link = tmp_path / "b.json"
    link.symlink_to(file)
    assert sessions.read(link) is None


async def test_a_folder_with_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    paths = Paths.of({"SKDICTATE_HOME": str(deep)})
    async with App(paths) as app:
        session = rendezvous.find(paths)
        assert len(os.fsencode(session.socket)) < 104
        async with connected(app) as peer:
            peer.greet(session.token)
            await until(lambda: app.reception.is_attached)
    assert not session.socket.parent.exists()


async def test_the_app_says_that_it_closes(paths: Paths) -> None:
    async with App(paths) as app:
        reader, writer = await rendezvous.reach(app.inbox.session)
        peer = Peer(reader, writer)
        peer.greet(app.inbox.session.token)
        await until(lambda: app.reception.is_attached)
    await peer.listen()
    assert peer.refusal["code"] == "session"
    writer.close()
