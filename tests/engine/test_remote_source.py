"""A microphone of another machine through the real engine: recorded first, and then answered."""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from skdictate.core.changes import GapMarked, ProblemRaised, Reason, Topic
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver.sender_connection import SenderConnection
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.engine.test_engine import Desk, desk
from tests.support.mic_line import SOUND, App, connected, until
from tests.support.number_recogniser import count, numbers


@pytest.fixture
async def app(paths: Paths) -> AsyncIterator[App]:
    async with App(paths) as running:
        yield running


@asynccontextmanager
async def dictating(app: App, paths: Paths, serving: Serving) -> AsyncIterator[Desk]:
    """An engine that hears what comes to the app, until that is stopped."""
    async with (
        serving() as endpoint,
        desk(paths, app.receiver.source(), endpoint) as it,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(it.engine.run())
        yield it
        if not running.done():
            it.engine.stop()


def frames(pcm: bytes, start: int = 0) -> Iterator[Frame]:
    """Sound as it is sent."""
    for at in range(0, len(pcm), 640):
        piece = pcm[at : at + 640]
        yield Frame(Type.AUDIO, start + at // 2, time.monotonic_ns(), piece)


def recorded(it: Desk) -> bytes:
    """What is in the file at this moment."""
    with wave.open(str(it.store.recording_path)) as file:
        return bytes(file.readframes(10**9))


async def test_what_is_acknowledged_is_in_the_file(
    app: App, paths: Paths, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm = count(1, 20, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    lengths: list[tuple[int, int]] = []
    say = SenderConnection.say

    async with dictating(app, paths, serving) as it, connected(app) as peer:

        def watched(guest: SenderConnection, *said: Frame) -> None:
            for frame in said:
                if frame.type is Type.ACK and frame.sample:
                    lengths.append((frame.sample, len(recorded(it)) // 2))
            say(guest, *said)

        monkeypatch.setattr(SenderConnection, "say", watched)
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.ACK)
        for frame in frames(pcm):
            peer.say(frame)
            await asyncio.sleep(0)
        await peer.acked(len(pcm) // 2)
        await until(lambda: len(it.texts()) == 2)
        peer.say(Frame(Type.BYE, len(pcm) // 2))
    assert recorded(it) == pcm
    assert numbers(" ".join(it.texts())) == list(range(1, 21))
    assert lengths
    assert all(acked <= in_file for acked, in_file in lengths)


async def test_a_break_in_the_middle_ends_nothing_and_what_was_kept_comes_in_its_place(
    app: App, paths: Paths, serving: Serving
) -> None:
    pcm = count(1, 40, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    half = len(pcm) // 1280 * 640
    token = app.inbox.session.token
    async with dictating(app, paths, serving) as it:
        async with connected(app) as peer:
            peer.greet(token)
            peer.say(*frames(pcm[:half]))
            await peer.acked(half // 2)
        await until(lambda: not app.receiver.is_attached)
        async with connected(app) as peer:
            peer.greet(token)
            await peer.hears(Type.ACK)
            peer.say(*frames(pcm[half - 6400 :], half // 2 - 3200))
            await peer.acked(len(pcm) // 2)
            await until(lambda: len(it.texts()) == 4)
            peer.say(Frame(Type.BYE, len(pcm) // 2))
    assert recorded(it) == pcm
    assert numbers(" ".join(it.texts())) == list(range(1, 41))
    assert not [change for change in it.changes if isinstance(change, GapMarked)]


async def test_stopping_waits_for_what_the_sender_keeps_however_long_that_takes(
    app: App, paths: Paths, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.engine.source_reader.STOP_S", 0.05)
    pcm = count(1, 20, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    async with dictating(app, paths, serving) as it, connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.ACK)
        peer.say(*frames(pcm[:6400]))
        await peer.acked(3200)
        before_ns = time.monotonic_ns()
        it.engine.stop()
        await peer.hears(Type.BYE)
        await asyncio.sleep(0.3)
        for frame in frames(pcm[6400:], 3200):
            peer.say(Frame(frame.type, frame.sample, before_ns, frame.payload))
        await peer.acked(len(pcm) // 2)
        peer.say(Frame(Type.BYE, len(pcm) // 2))
    assert recorded(it) == pcm
    assert numbers(" ".join(it.texts())) == list(range(1, 21))


async def test_giving_up_waits_for_nobody(app: App, paths: Paths, serving: Serving) -> None:
    async with dictating(app, paths, serving) as it:
        async with connected(app) as peer:
            peer.greet(app.inbox.session.token)
            peer.say(*frames(bytes(6400)))
            await peer.acked(3200)
        await until(lambda: not app.receiver.is_attached)
        it.engine.stop()
        began_s = time.monotonic()
        it.engine.abandon()
    assert time.monotonic() - began_s < 2


async def test_in_a_pause_what_was_spoken_before_is_kept_for_afterwards(
    app: App, paths: Paths, serving: Serving
) -> None:
    async with dictating(app, paths, serving) as it, connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.ACK)
        peer.say(*frames(bytes(6400)))
        await peer.acked(3200)
        before_ns = time.monotonic_ns()
        await asyncio.sleep(0.02)
        it.engine.pause()
        await peer.hears(Type.PAUSE)
        peer.say(
            Frame(Type.AUDIO, 3200, before_ns, b"\1\0" * 320),
            Frame.gap(3520, 100),
            Frame(Type.AUDIO, 3620, time.monotonic_ns(), b"\2\0" * 320),
        )
        await asyncio.sleep(0.1)
        assert it.engine.status().recorded_s == pytest.approx(0.2)
        it.engine.resume()
        await peer.hears(Type.RESUME)
        peer.say(Frame(Type.AUDIO, 3940, time.monotonic_ns(), b"\3\0" * 320))
        await peer.acked(4260)
        peer.say(Frame(Type.BYE, 4260))
    assert recorded(it) == bytes(6400) + b"\1\0" * 320 + bytes(200) + b"\3\0" * 320


async def test_gaps_of_the_sender_are_gaps_of_the_dictation(
    app: App, paths: Paths, serving: Serving
) -> None:
    async with dictating(app, paths, serving) as it, connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.ACK)
        peer.say(*frames(bytes(6400)), Frame.gap(3200, 16_000, "overrun"))
        peer.say(*frames(bytes(6400), 19_200))
        await peer.acked(22_400)
        peer.say(Frame(Type.BYE, 22_400))
    gaps = [change.gap for change in it.changes if isinstance(change, GapMarked)]
    assert [(gap.start_sample, gap.end_sample) for gap in gaps if gap.reason is Reason.OVERRUN] == [
        (3200, 19_200)
    ]


async def test_what_is_mended_is_mended_in_the_file(
    app: App, paths: Paths, serving: Serving
) -> None:
    from skdictate.audio.opus import OpusEncoder

    packer = OpusEncoder(SOUND)
    pcm = count(1, 3, SOUND, gap_s=0.05, pause_s=0.5, run=10)[: 640 * 40]
    async with dictating(app, paths, serving) as it, connected(app) as peer:
        peer.greet(app.inbox.session.token)
        await peer.hears(Type.ACK)
        peer.speak(0, 1000)
        at = 1000
        for n in range(40):
            packet = packer.pack(pcm[640 * n : 640 * (n + 1)])
            n_samples = 320 - packer.n_ahead * (n == 0)
            peer.say(Frame.opus(at, 0, n_samples, packet, is_first=n == 0))
            at += n_samples
        await peer.acked(at)
        assert recorded(it)[2000:] != pcm[: 2 * (at - 1000)]
        peer.say(Frame(Type.MEND, 1000, 0, pcm[: 2 * (at - 1000)]))
        await peer.hears(Type.MENDED)
        peer.say(Frame(Type.BYE, at))
    assert recorded(it)[2000:] == pcm[: 2 * (at - 1000)]


async def test_that_nobody_is_there_is_said_and_is_no_fault(
    app: App, paths: Paths, serving: Serving
) -> None:
    async with dictating(app, paths, serving) as it:
        await it.until(ProblemRaised)
        core = it.engine._core
        core.call(lambda now_s: core.dictation.tick(now_s + 60))
        (raised,) = it.engine.status().problems
        assert raised.topic is Topic.CAPTURE
        assert raised.problem.title == "Waiting for a microphone", "not: no sound arrives"
        async with connected(app) as peer:
            peer.greet(app.inbox.session.token)
            peer.say(*frames(bytes(640)))
            await peer.acked(320)
            assert it.engine.status().problems == ()
            peer.say(Frame(Type.BYE, 320))
            await it.until(ProblemRaised, 2)
