"""The commands of ``mic``, over a real sshd: kills, thin lines, talkative shells, curious users."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from skdictate.sources.base import RepairedSamples
from skdictate.system.paths import Paths
from tests.support.command import heard
from tests.support.mic_line import SOUND, App, spoken, until
from tests.support.processes import children, command
from tests.support.sshd import HOST, Sshd, listening

SKDICTATE = (sys.executable, "-m", "skdictate")
SHAPER = (sys.executable, str(Path(__file__).parents[2] / "support" / "shaper.py"))


@pytest.fixture
def there(sshd: Sshd) -> Paths:
    """The places of the app on the server."""
    return Paths.of({"SKDICTATE_HOME": str(sshd.home)})


@pytest.fixture
async def app(there: Paths) -> AsyncIterator[App]:
    async with App(there) as running:
        yield running


def counted(path: Path, seconds: float) -> Path:
    """A recording whose samples are their numbers."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SOUND.rate_hz, 0, "NONE", ""))
        file.writeframes(spoken(0, SOUND.samples(seconds)))
    return path


@asynccontextmanager
async def sending(sshd: Sshd, *words: str | Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """``mic send`` with these arguments."""
    child = await asyncio.create_subprocess_exec(
        *SKDICTATE, "mic", "send", *map(str, words), env=sshd.environ, stderr=subprocess.PIPE
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        child._transport.close()  # type: ignore[attr-defined]


def lines_of(child: asyncio.subprocess.Process) -> list[int]:
    """Its ``ssh``, if one runs."""
    return [pid for pid in children(child.pid) if " mic in" in command(pid)]


async def test_ten_kills_of_ssh_lose_and_double_nothing(
    sshd: Sshd, app: App, tmp_path: Path
) -> None:
    rng = random.Random(11)
    file = counted(tmp_path / "numbers.wav", 5)
    app.begin()
    async with sending(sshd, "--source", f"file:{file}", HOST) as sender:
        await until(lambda: app.n_recorded)
        for _ in range(10):
            await asyncio.sleep(0.7 * rng.random())
            for pid in lines_of(sender):
                os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            assert await sender.wait() == 0
    await until(lambda: app.n_recorded == SOUND.samples(5))
    assert bytes(app.recording) == spoken(0, SOUND.samples(5))
    assert app.missing == []


async def test_a_line_too_thin_for_pcm_has_opus_which_is_mended_as_far_as_there_is_time(
    sshd: Sshd, app: App, tmp_path: Path
) -> None:
    shaped = shlex.join([*SHAPER, "127.0.0.1", str(sshd.port), "--delay-ms", "5", "--kbit", "160"])
    file = counted(tmp_path / "numbers.wav", 3)
    source = app.begin()
    words = ("--", "-o", f"ProxyCommand={shaped}")
    async with sending(sshd, "--source", f"file:{file}", HOST, *words) as sender:
        await until(lambda: ", Opus" in source.words)
        async with asyncio.timeout(40):
            assert await sender.wait() == 0
    assert app.n_recorded == SOUND.samples(3)
    mended = [item for item in app.items if isinstance(item, RepairedSamples)]
    assert sum(len(item.pcm) for item in mended) > SOUND.size_bytes(SOUND.samples(0.5))
    for item in mended:
        assert item.pcm == spoken(item.start_sample, len(item.pcm) // 2)


async def test_a_talkative_shell_is_passed_over(sshd: Sshd, app: App, tmp_path: Path) -> None:
    rc = sshd.folder / "user-home" / ".bashrc"
    rc.write_text("echo Welcome to this server; printf '\\033[2JSKMIC\\n'\n")
    file = counted(tmp_path / "numbers.wav", 0.5)
    app.begin()
    try:
        async with sending(sshd, "--source", f"file:{file}", HOST) as sender:
            assert await sender.wait() == 0
    finally:
        rc.unlink()
    assert bytes(app.recording) == spoken(0, SOUND.samples(0.5))


async def test_raw_sound_needs_nothing_but_ssh(sshd: Sshd, app: App) -> None:
    app.begin()
    pcm = spoken(0, 20_000)
    done = await asyncio.to_thread(sshd.run, HOST, "skdictate mic in --label Tape", input=pcm)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    await until(lambda: app.n_recorded == 20_000)
    assert bytes(app.recording) == pcm
    assert app.names[0].startswith("Tape on ")


async def test_where_nobody_waits_that_is_said_and_a_sender_goes_on_waiting(
    sshd: Sshd, there: Paths, tmp_path: Path
) -> None:
    done = await asyncio.to_thread(sshd.run, HOST, "skdictate mic in", input=spoken(0, 99))
    assert done.returncode == 5
    assert b"Nobody waits for a microphone" in done.stderr
    file = counted(tmp_path / "numbers.wav", 0.5)
    async with sending(sshd, "--source", f"file:{file}", HOST) as sender:
        await heard(sender.stderr, b"Nobody waits")
        async with App(there) as app:
            app.begin()
            assert await sender.wait() == 0
            assert bytes(app.recording) == spoken(0, SOUND.samples(0.5))


async def test_a_signal_switches_the_microphone_off_and_brings_the_rest(
    sshd: Sshd, app: App, tmp_path: Path
) -> None:
    file = counted(tmp_path / "numbers.wav", 60)
    app.begin()
    async with sending(sshd, "--source", f"file:{file}", HOST) as sender:
        await until(lambda: app.n_recorded > 8000)
        sender.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            assert await sender.wait() == 130
    n_recorded = app.n_recorded
    assert bytes(app.recording) == spoken(0, n_recorded)
    await until(lambda: app.troubles[-1] == "Waiting for a microphone")


async def test_no_other_user_can_read_the_token_and_no_port_is_open(
    sshd: Sshd, app: App, tmp_path: Path
) -> None:
    before = listening()
    file = counted(tmp_path / "numbers.wav", 60)
    app.begin()
    async with sending(sshd, "--source", f"file:{file}", HOST):
        await until(lambda: app.n_recorded > 3200)
        assert listening() == before
        token = app.inbox.session.token.encode()
        n_read = 0
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    said = (process / name).read_bytes()
                except OSError:
                    continue
                n_read += 1
                assert token not in said, process
        assert n_read > 10


@pytest.mark.parametrize("host", ["-oProxyCommand=touch x", "a\nb", "$(touch x)", "a b", ""])
async def test_what_is_no_host_is_refused_and_runs_nothing(
    sshd: Sshd, tmp_path: Path, host: str
) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [*SKDICTATE, "mic", "send", "--source", "demo", "--", host or "-"],
        env=sshd.environ,
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
    )
    assert done.returncode == 2, done.stderr
    assert list(tmp_path.glob("x")) == []


async def test_a_server_without_us_says_what_to_do(tmp_path: Path) -> None:
    with Sshd(has_skdictate=False, programs=["sh"]) as bare:
        async with sending(bare, "--source", "demo", HOST) as sender:
            assert await sender.wait() == 6
            assert sender.stderr is not None
            said = (await sender.stderr.read()).decode()
    assert f"{HOST} does not know skdictate" in said
    assert "Install it there" in said


async def test_what_is_there_is_listed(sshd: Sshd, app: App) -> None:
    done = await asyncio.to_thread(sshd.run, HOST, "skdictate mic list --format json")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    (session,) = [it for it in objects if it["event"] == "session"]
    assert session["id"] == app.inbox.session.id
    assert session["pid"] == os.getpid()
    assert app.inbox.session.token.encode() not in done.stdout
    done = await asyncio.to_thread(sshd.run, HOST, "skdictate mic list")
    assert app.inbox.session.id[:8].encode() in done.stdout


async def test_a_microphone_and_the_way_there_are_tried_without_disturbing(
    sshd: Sshd, app: App, tmp_path: Path
) -> None:
    file = counted(tmp_path / "numbers.wav", 3)
    app.begin()
    words = ("mic", "test", "--source", f"file:{file}", "--seconds", "0.5", "--format", "json")
    done = await asyncio.to_thread(
        subprocess.run, [*SKDICTATE, *words, HOST], env=sshd.environ, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    sound, way = map(json.loads, done.stdout.splitlines())
    assert sound["event"] == "microphone"
    assert sound["zero"] < 0.01
    assert sound["seconds"] >= 0.5
    assert 0 < way["median_ms"] < 1000
    assert way["connected_s"] > 0
    assert not app.receiver.is_attached
    silent = tmp_path / "silent.wav"
    with wave.open(str(silent), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes(32_000))
    short = ("mic", "test", "--source", f"file:{silent}", "--seconds", "0.2")
    done = await asyncio.to_thread(subprocess.run, [*SKDICTATE, *short], capture_output=True)
    assert done.returncode == 5
    assert b"nothing but zeros: is it muted?" in done.stdout


async def test_kills_of_ssh_bring_nothing_to_a_newer_app(
    sshd: Sshd, app: App, there: Paths, tmp_path: Path
) -> None:
    file = counted(tmp_path / "numbers.wav", 6)
    app.begin()
    async with sending(sshd, "--source", f"file:{file}", HOST) as sender:
        await until(lambda: app.n_recorded)
        async with App(there) as newer:
            newer.begin()
            for _ in range(4):
                await asyncio.sleep(0.5)
                for pid in lines_of(sender):
                    os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(30):
                assert await sender.wait() == 0
            assert newer.n_recorded == 0
    await until(lambda: app.n_recorded == SOUND.samples(6))
    assert bytes(app.recording) == spoken(0, SOUND.samples(6))
    assert app.missing == []
