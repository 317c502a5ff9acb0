"""What nobody captured is a gap of its true length, whatever became of who should have."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from skdictate.audio.continuity import Missing
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver import remote_source
from skdictate.remote_mic.sender.local_capture import asleep_s
from skdictate.remote_mic.ssh import ssh_command_line
from skdictate.system.paths import Paths
from tests.bench.metronome import MARK, STAMP
from tests.remote_mic.sender.test_sender import bringing
from tests.support.mic_line import SOUND, App, Peer, connected, spoken, until
from tests.support.sshd import HOST, Sshd
from tests.support.tunnel import Tunnel

S = 10**9
ERROR_S = 0.15
"""Two clocks are compared over a line, on a machine that may be busy."""


def lengths_s(app: App) -> list[float]:
    return [SOUND.seconds(it.n_samples) for it in app.missing]


async def speaks(peer: Peer, app: App, captured_ns: int, **facts: Any) -> None:
    """A sender of its own that was met now, and says 20 ms that were captured then."""
    peer.greet(app.inbox.session.token, **facts)
    await peer.hears(Type.ACK)
    await until(lambda: len(peer.pings) == 2)
    await asyncio.sleep(0.02)
    peer.speak(0, 320, captured_ns)
    await peer.acked(320)


async def test_between_a_sender_that_was_killed_and_the_next_one_it_is_as_long_as_it_was(
    app: App,
) -> None:
    app.begin()
    async with connected(app) as peer:
        first_ns = time.monotonic_ns()
        await speaks(peer, app, first_ns, sender="a")
    await asyncio.sleep(0.5)
    async with connected(app) as peer:
        second_ns = time.monotonic_ns()
        await speaks(peer, app, second_ns, stream="another-stream", sender="b")
        peer.speak(320, 320, time.monotonic_ns())
        await peer.acked(640)
    apart_s = (second_ns - first_ns) / S - 0.02
    assert lengths_s(app) == [pytest.approx(apart_s, abs=ERROR_S)]
    assert app.items[-2:] == [spoken(0, 320), spoken(320, 320)], "a stream numbers its own"
    assert not app.missing[0].is_overrun


async def test_what_another_sender_has_heard_meanwhile_is_not_missing(app: App) -> None:
    app.begin()
    began_ns = time.monotonic_ns()
    token = app.inbox.session.token
    async with connected(app) as peer:
        await speaks(peer, app, began_ns, sender="a")
    async with connected(app) as peer:
        await speaks(peer, app, began_ns + S // 50, stream="another-stream", sender="b")
    async with connected(app) as peer:
        peer.greet(token, sender="a")
        peer.speak(320, 320, began_ns + S // 100)
        await peer.acked(640)
    assert app.missing == []


async def test_a_pause_is_no_gap(app: App) -> None:
    source = app.begin()
    async with connected(app) as peer:
        first_ns = time.monotonic_ns()
        await speaks(peer, app, first_ns, sender="a")
    source.pause()
    await asyncio.sleep(0.5)
    source.resume()
    since_s, until_s = source._between.pauses[-1]
    await asyncio.sleep(0.5)
    async with connected(app) as peer:
        second_ns = time.monotonic_ns()
        await speaks(peer, app, second_ns, stream="another-stream", sender="b")
    apart_s = (second_ns - first_ns) / S - 0.02 - (until_s - since_s)
    assert lengths_s(app) == [pytest.approx(apart_s, abs=ERROR_S)]


async def test_what_should_have_come_until_the_end_is_missing_if_it_never_comes(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_source, "AWAY_S", 0.1)
    source = app.begin()
    async with connected(app) as peer:
        await speaks(peer, app, time.monotonic_ns(), sender="a")
    await asyncio.sleep(0.5)
    heard_s = SOUND.seconds(app.n_recorded)
    await app.end()
    (length_s,) = lengths_s(app)
    assert length_s == pytest.approx(source._stopped_s - source._heard_s, abs=ERROR_S)
    assert heard_s == pytest.approx(0.02)


async def test_who_has_said_that_it_was_all_is_not_missed_at_the_end(app: App) -> None:
    app.begin()
    async with connected(app) as peer:
        await speaks(peer, app, time.monotonic_ns(), sender="a")
        peer.say(Frame(Type.BYE, 320))
        await until(lambda: "Waiting for a microphone" in app.troubles[1:])
    await asyncio.sleep(0.3)
    await app.end()
    assert app.missing == []


async def test_that_something_is_lost_is_said_where_it_was_said_that_nothing_is(app: App) -> None:
    source = app.begin()
    async with connected(app) as peer:
        await speaks(peer, app, time.monotonic_ns())
        peer.speak(320, 320, time.monotonic_ns() - 3 * S)
        await peer.acked(640)
        assert "s behind" in source.words and ", nothing lost," in source.words
        peer.say(Frame.gap(640, 16_000))
        peer.speak(16_640, 320, time.monotonic_ns() - 3 * S)
        await peer.acked(16_960)
        assert "s behind" in source.words and ", 1.0 s lost," in source.words


async def test_a_sender_that_is_killed_and_started_again_leaves_the_time_true(
    sshd: Sshd, tmp_path: Path
) -> None:
    words = sshd.command(
        *ssh_command_line.LASTING, *ssh_command_line.ALONE, HOST, "skdictate mic in"
    )
    async with App(Paths.of({"SKDICTATE_HOME": str(sshd.home)})) as app:
        app.begin()
        for n in (1, 2, 3):
            before = app.n_recorded
            log = str(tmp_path / f"{n}.raw")
            sender = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.metronome", "send", log, "pcm", *words),
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            await until(lambda before=before: app.n_recorded > before + 16_000)  # type: ignore[misc]
            sender.kill()
            await sender.wait()
            await until(lambda: not app.receiver.is_attached)
    apart_s = []
    at = app.recording.find(MARK)
    while at >= 0:
        _, captured_ns = STAMP.unpack_from(app.recording, at)
        apart_s.append(captured_ns / 1e9 - SOUND.seconds(at // 2))
        at = app.recording.find(MARK, at + 2)
    assert len(app.missing) == 2
    assert all(it == Missing(it.n_samples) for it in app.missing)
    assert max(apart_s) - min(apart_s) < ERROR_S


async def test_what_was_spoken_while_the_sender_slept_is_a_gap(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s = 100.0
    monkeypatch.setattr("skdictate.remote_mic.sender.local_capture.asleep_s", lambda: slept_s)
    async with bringing(Tunnel(app), tmp_path) as it:
        app.begin()
        await until(lambda: it.speaker.is_on)
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 1600)
        slept_s += 2.5
        it.speaker.say(5)
        await until(lambda: app.n_recorded == 3200 + 40_000)
        await app.end()
    assert app.missing == [Missing(40_000)]
    assert bytes(app.recording) == spoken(0, 1600) + bytes(80_000) + spoken(1600, 1600)


def test_how_long_this_machine_has_slept_is_known_or_nothing() -> None:
    assert asleep_s() >= 0
