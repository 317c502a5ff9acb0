"""What comes by one stream: gaps, pauses, other rates, Opus and its mending."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from skdictate.audio.continuity import Missing
from skdictate.audio.opus import OpusEncoder
from skdictate.audio.pcm import Format
from skdictate.audio.resampling import Converter
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.system.paths import Paths
from tests.support.mic_line import App, connected, spoken, until


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
        packer = OpusEncoder(Format(rate_hz))
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
