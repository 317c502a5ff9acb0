"""The microphone of another machine, through a real server, from a real sound server there."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.remote_mic.receiver.ssh_source import SshSource
from skdictate.remote_mic.ssh.remote_host import RemoteHost
from skdictate.sources.base import Item, Named, Trouble
from tests.support.mic_line import until
from tests.support.processes import children, command
from tests.support.sound_server import SoundServer
from tests.support.sshd import HOST, Sshd, descendants

SOUND = Format(16_000)
NEEDED = ("sh", "uname", "date", "grep")


@pytest.fixture(scope="module")
def bare(server: SoundServer) -> Iterator[Sshd]:
    """A machine with a microphone, on which only ``parec`` is installed."""
    environ = {"PULSE_SERVER": server.address}
    programs = (*NEEDED, "parec")
    with Sshd(programs=programs, has_skdictate=False, environ=environ) as running:
        yield running


@dataclass
class Listener:
    """One dictation, as the engine does it."""

    receiver: Receiver
    items: list[Item] = field(default_factory=list)

    async def run(self) -> None:
        self.source = self.receiver.source()
        async with self.source, aclosing(aiter(self.source)) as items:  # type: ignore[type-var]
            async for item in items:
                self.items.append(item)

    @property
    def pcm(self) -> bytes:
        return b"".join(item for item in self.items if isinstance(item, bytes))

    @property
    def troubles(self) -> list[str]:
        return [item.problem.title for item in self.items if isinstance(item, Trouble)]


@contextmanager
def recording(server: SoundServer) -> Iterator[Path]:
    """What the sound server really gives, while inside: on a busy machine it stutters."""
    file = server.folder / "control.raw"
    words = ("--raw", "--format=s16le", "--rate=16000", "--channels=1", "--device=desk.monitor")
    with file.open("wb") as out:
        command = ["parec", f"--server={server.address}", *words]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out)
    try:
        yield file
    finally:
        child.kill()
        child.wait()


@asynccontextmanager
async def line(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch, text: str = ""
) -> AsyncIterator[tuple[SshSource, Receiver]]:
    monkeypatch.setenv("PATH", sshd.environ["PATH"])
    receiver = Receiver(SOUND)
    it = SshSource(RemoteHost.of(f"ssh://{HOST}{text}"), receiver, SOUND)
    running = asyncio.create_task(it.run())
    try:
        yield it, receiver
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def recorders(sshd: Sshd) -> list[str]:
    pids = [pid for session in sshd.sessions for pid in descendants(session)]
    return [command(pid) for pid in pids if command(pid).startswith("parec ")]


async def test_what_is_spoken_there_is_heard_here_and_only_while_it_is_wanted(
    bare: Sshd, server: SoundServer, beckett: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.play(beckett, n_times=30)
    async with line(bare, monkeypatch, "?device=desk.monitor") as (_, receiver):
        await until(lambda: receiver.is_attached)
        assert receiver.words.startswith("desk.monitor on loop, ready")
        for _ in range(2):
            assert not recorders(bare), "nothing records before somebody listens"
            listener = Listener(receiver)
            hearing = asyncio.create_task(listener.run())
            await until(lambda it=listener: sum(map(bool, it.pcm)) > 8_000)  # type: ignore[misc]
            assert len(recorders(bare)) == 1
            listener.source.stop()
            await hearing
            assert [it for it in listener.items if not isinstance(it, bytes)] == [
                Named("desk.monitor on loop")
            ]
            await until(lambda: receiver.is_attached and not recorders(bare))
    server.hush()


async def test_a_broken_way_is_tried_again_and_what_it_cost_is_a_gap(
    bare: Sshd, server: SoundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(bare, monkeypatch) as (_, receiver):
        listener = Listener(receiver)
        loop = asyncio.get_running_loop()
        hearing = asyncio.create_task(listener.run())
        await until(lambda: len(listener.pcm) > 3_200)
        began_s, before = loop.time(), len(listener.pcm)
        bare.cut()
        await until(lambda: any(isinstance(item, Missing) for item in listener.items))
        await until(lambda: len(listener.pcm) > before + 16_000)
        took_s = loop.time() - began_s
        listener.source.stop()
        await hearing
    (missing,) = (item.n_samples for item in listener.items if isinstance(item, Missing))
    assert 0 < SOUND.seconds(missing) < took_s
    assert "The connection to loop was lost" in listener.troubles


async def test_with_skdictate_there_nothing_is_lost_by_a_broken_way(
    server: SoundServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spoken = np.random.default_rng(5).integers(-9000, 9000, 100_000, dtype=np.int16)
    file = tmp_path / "noise.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, SOUND.rate_hz, 0, "NONE", ""))
        out.writeframes(spoken.tobytes())
    with recording(server) as control, Sshd(environ={"PULSE_SERVER": server.address}) as sshd:
        async with line(sshd, monkeypatch, "?device=desk.monitor") as (_, receiver):
            await until(lambda: receiver.is_attached)
            (store,) = [pid for pid in sshd.leftovers if "resident_sender" in command(pid)]
            assert not children(store), "the microphone is off"
            listener = Listener(receiver)
            hearing = asyncio.create_task(listener.run())
            await until(lambda: len(listener.pcm) > 1_600)
            server.play(file)
            for n_bytes in (30_000, 60_000, 90_000):
                await until(lambda it=n_bytes: len(listener.pcm) > it)  # type: ignore[misc]
                sshd.cut()
            await until(lambda: len(listener.pcm) > 110_000)
            listener.source.stop()
            await hearing
            heard = listener.pcm.lstrip(b"\0")[:80_000]
            await until(lambda: heard in control.read_bytes())
            assert not [item for item in listener.items if isinstance(item, Missing)]
            await until(lambda: not children(store))
        (file,) = [it for it in (sshd.home / "run").iterdir() if it.name.startswith("call-")]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert command(store).split()[-1] == "skdictate.remote_mic.sender.resident_sender", (
            "nothing to see there"
        )
        os.kill(store, signal.SIGTERM)
        await until(lambda: not file.exists())
    server.hush()


async def test_a_machine_without_a_microphone_says_so_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sshd(environ={"PULSE_SERVER": "unix:/nonexistent"}) as sshd:
        async with line(sshd, monkeypatch) as (_, receiver):
            await until(lambda: receiver.problem is not None)
            assert "There is no microphone" in str(receiver.problem)
        await until(lambda: not sshd.leftovers)


async def test_a_skdictate_that_does_not_know_the_call_is_none(
    bare: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = bare.folder / "bin" / "skdictate"
    old.write_text("#!/bin/sh\necho 'invalid choice: out' >&2; exit 2\n")
    old.chmod(0o755)
    async with line(bare, monkeypatch) as (_, receiver):
        await until(lambda: receiver.is_attached)
        assert receiver.words.startswith("microphone on loop, ready")
    old.unlink()


async def test_where_nothing_records_it_is_said_what_was_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sshd(programs=NEEDED, has_skdictate=False) as sshd:
        async with line(sshd, monkeypatch) as (_, receiver):
            await until(lambda: receiver.is_attached)
            listener = Listener(receiver)
            hearing = asyncio.create_task(listener.run())
            await until(lambda: "Nothing on loop records" in listener.troubles)
            listener.source.stop()
            await hearing
    told = next(str(it.problem) for it in listener.items if "Nothing" in str(it))  # type: ignore[union-attr]
    assert "parec: not installed" in told and "skdictate: not installed" in told


async def test_why_nobody_comes_is_said_before_anybody_speaks(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = sshd.config.read_text()
    sshd.config.write_text(config.replace("/user\n", "/host\n"))
    try:
        async with line(sshd, monkeypatch) as (it, receiver):
            await until(lambda: "asks for a password" in receiver.words)
            sshd.config.write_text(config)
            it.retry()
            await until(lambda: "asks for a password" not in receiver.words)
    finally:
        sshd.config.write_text(config)


async def test_a_shell_that_says_much_is_no_microphone_and_one_that_greets_is(
    bare: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    rc = bare.folder / "user-home" / ".bashrc"
    try:
        rc.write_text("printf 'You have mail.\\n\\033]0;x\\007'\n")
        async with line(bare, monkeypatch) as (_, receiver):
            await until(lambda: receiver.is_attached)
        rc.write_text("while :; do printf xxxxxxxxxxxxxxxx; done\n")
        async with line(bare, monkeypatch) as (_, receiver):
            await until(lambda: receiver.words == "loop says too much")
    finally:
        rc.unlink()


async def test_at_the_end_nothing_of_it_runs_here_or_there(
    bare: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(bare, monkeypatch) as (_, receiver):
        listener = Listener(receiver)
        hearing = asyncio.create_task(listener.run())
        await until(lambda: len(listener.pcm) > 3_200)
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing
    await until(lambda: not recorders(bare) and not bare.sessions)
    assert not [pid for pid in children() if "ssh" in command(pid) and "loop" in command(pid)]
