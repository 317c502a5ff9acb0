"""A microphone over SSH: ``python -m tests.bench.remote [latency|keys|thin|freezes|kills] ...``.

Against a real sshd on loopback, and in the same run against ``ssh HOST recorder |``, which is what
people use. The recorder is the same in all of them: its sound tells when it was captured.
``freezes N ...`` takes seconds, ``kills N`` a number; 200 kills take three minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from skdictate.remote_mic.receiver.remote_source import AFTER_S
from skdictate.remote_mic.ssh import ssh_command_line
from skdictate.sources.base import RepairedSamples
from skdictate.sources.file_source import demo_paths
from skdictate.system.paths import Paths
from tests.bench.metronome import N_BLOCK, SOUND, stamped_ns
from tests.support.mic_line import App, until
from tests.support.processes import children, command
from tests.support.sshd import HOST, Sshd

MODULE = "tests.bench.metronome"
BOTTLENECK = Path(__file__).with_name("bottleneck.py")
LIVE_S = 0.15
"""Who is no later than this is live."""
STAYS_S = 1.0
BLOCK_BYTES = SOUND.size_bytes(N_BLOCK)
SETTLE_S = 2.0
LATENCY_S = 20.0
KEY_S = 0.1
N_LOGIN_KEYS = 20
"""Those that are typed while ssh logs in are not counted."""
KEYS_FREEZE_S, KEYS_AFTER_S = 10.0, 15.0
THIN_S = 30.0
FREEZES_S = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0]
FREEZE_AFTER_S = 12.0
KILL_S = 0.8
"""Between two kills, on average."""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def ms(values: list[float]) -> str:
    p50, p95, p99 = (1000 * percentile(values, share) for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, max {1000 * max(values):.0f} ms"


class Narrow:
    """A bottleneck in front of the server."""

    def __init__(self, port: int, **how: float) -> None:
        words = [f"--{name.replace('_', '-')}={value}" for name, value in how.items()]
        self._process = subprocess.Popen(
            [sys.executable, BOTTLENECK, str(port), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def narrow(sshd: Sshd, **how: float) -> Iterator[tuple[Narrow, list[str]]]:
    """A narrow line, and the options of ssh that go through it."""
    line = Narrow(sshd.port, **how)
    through = ["-o", f"Port={line.port}", "-o", f"HostKeyAlias=[127.0.0.1]:{sshd.port}"]
    try:
        yield line, through
    finally:
        line.close()


class Heard:
    """When each block came, and how late that was."""

    def __init__(self) -> None:
        self.came_s: list[float] = []
        self.late_s: list[float] = []
        self.pcm = bytearray()

    def take(self, pcm: bytes) -> None:
        """Bytes of the metronome, in any pieces."""
        start = len(self.pcm) // BLOCK_BYTES * BLOCK_BYTES
        self.pcm += pcm
        now_s = time.monotonic()
        for at in range(start, len(self.pcm) - BLOCK_BYTES + 1, BLOCK_BYTES):
            captured_ns = stamped_ns(bytes(self.pcm[at : at + BLOCK_BYTES]))
            if captured_ns is not None:
                self.came_s.append(now_s)
                self.late_s.append(now_s - captured_ns / 1e9)

    def live_again_s(self, since_s: float) -> float | None:
        """From that moment until sound was live, and stayed so for a second."""
        begun_s: float | None = None
        for came_s, late_s in zip(self.came_s, self.late_s, strict=True):
            if came_s < since_s or late_s > LIVE_S:
                begun_s = None
            elif begun_s is None:
                begun_s = came_s
            elif came_s > begun_s + STAYS_S:
                return begun_s - since_s
        return None


class Ours:
    """The courier in a process of its own, and the app's end here."""

    def __init__(self, app: App, heard: Heard, sender: asyncio.subprocess.Process) -> None:
        self.app = app
        self.heard = heard
        self.sender = sender
        self.verdict = ""
        """Whether the recording is what was captured."""

    @property
    def lag_s(self) -> float:
        """How late the newest sound was, also where it came as Opus."""
        stream = self.app.source.stream if self.app.source is not None else None
        return stream.lag_s if stream is not None else 0.0


@asynccontextmanager
async def ours(sshd: Sshd, *options: str, codec: str = "auto") -> AsyncIterator[Ours]:
    """Our way. What was captured is compared with what was recorded, in the end."""
    folder = tempfile.mkdtemp(prefix="bench-")
    log = Path(folder) / "captured.raw"
    heard = Heard()
    words = sshd.command(
        *options, *ssh_command_line.LASTING, *ssh_command_line.ALONE, HOST, "skdictate mic in"
    )
    async with App(Paths.of({"SKDICTATE_HOME": str(sshd.home)})) as app:
        app.on_sound = heard.take
        app.begin()
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE, "send", str(log), codec, *words),
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        it = Ours(app, heard, sender)
        await until(lambda: app.n_recorded)
        yield it
        ended_s = time.monotonic()
        await app.end()
        assert sender.stdin is not None
        sender.stdin.close()
        await sender.wait()
        captured = log.read_bytes()
        rest = captured[len(app.recording) :]  # the sender hears of the end later
        is_late = bool(rest) and (stamped_ns(rest) or 0) / 1e9 > ended_s + AFTER_S
        is_same = captured.startswith(app.recording) and (is_late or not rest)
        seconds = SOUND.seconds(len(captured) // 2)
        how = (
            "identical" if is_same else f"DIFFERENT: {len(app.recording)} of {len(captured)} bytes"
        )
        it.verdict = f"{seconds:.0f} s captured, recording {how}"
    shutil.rmtree(folder)


@asynccontextmanager
async def plain(sshd: Sshd, *options: str) -> AsyncIterator[Heard]:
    """``ssh HOST recorder |``."""
    heard = Heard()
    root = shlex.quote(str(Path(__file__).parents[2]))
    recorder = f"cd {root} && exec {shlex.quote(sys.executable)} -m {MODULE}"
    child = await asyncio.create_subprocess_exec(
        *sshd.command(*options, HOST, recorder), stdout=subprocess.PIPE
    )
    assert child.stdout is not None

    async def listen(pipe: asyncio.StreamReader) -> None:
        while data := await pipe.read(1 << 16):
            heard.take(data)

    listening = asyncio.ensure_future(listen(child.stdout))
    await until(lambda: heard.came_s)
    yield heard
    child.kill()
    await child.wait()
    await listening


async def latency(sshd: Sshd) -> None:
    """From the captured block to the recording, with nothing in the way."""
    async with ours(sshd) as it:
        await asyncio.sleep(LATENCY_S)
    print(f"latency, ours:  {ms(it.heard.late_s[50:])}; {it.verdict}")
    async with plain(sshd) as heard:
        await asyncio.sleep(LATENCY_S)
    print(f"latency, plain: {ms(heard.late_s[50:])}")


class Keys:
    """Somebody types over another connection through the same line; each key is echoed."""

    def __init__(self) -> None:
        self.took_s: list[float] = []
        self._sent_s: dict[int, float] = {}

    async def run(self, command: list[str]) -> None:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin is not None and child.stdout is not None
        listening = asyncio.ensure_future(self._listen(child.stdout))
        try:
            for number in itertools.count():
                self._sent_s[number] = time.monotonic()
                child.stdin.write(struct.pack("<I", number))
                await asyncio.sleep(KEY_S)
        finally:
            child.kill()
            await child.wait()
            await listening

    async def _listen(self, pipe: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (number,) = struct.unpack("<I", await pipe.readexactly(4))
                self.took_s.append(time.monotonic() - self._sent_s[number])

    def since(self, moment_s: float) -> list[float]:
        """The echoes of keys that were typed after a moment."""
        numbers = [number for number, sent_s in self._sent_s.items() if sent_s >= moment_s]
        first = numbers[0] if numbers else len(self.took_s)
        return self.took_s[first:]


async def keys(sshd: Sshd) -> None:
    """Keys on a line of 512 kbit/s, 80 ms there and back, while ten seconds of sound catch up."""
    for name in ("ours", "plain"):
        with narrow(sshd, delay_ms=40, kbit=512) as (line, through):
            typing = Keys()
            task = asyncio.ensure_future(typing.run(sshd.command(*through, HOST, "cat")))
            while len(typing.took_s) < N_LOGIN_KEYS + 50:
                await asyncio.sleep(KEY_S)
            idle_s = typing.took_s[N_LOGIN_KEYS:]
            way = ours(sshd, *through) if name == "ours" else pushing(sshd, *through)
            async with way:
                await asyncio.sleep(SETTLE_S)
                line.say("freeze")
                await asyncio.sleep(KEYS_FREEZE_S)
                line.say("thaw")
                thawed_s = time.monotonic()
                await asyncio.sleep(KEYS_AFTER_S)
                after_s = typing.since(thawed_s)
            task.cancel()
            await asyncio.wait([task])
            print(f"keys, {name}: idle {ms(idle_s)}; after the freeze {ms(after_s)}")


@asynccontextmanager
async def pushing(sshd: Sshd, *options: str) -> AsyncIterator[None]:
    """``recorder | ssh HOST program``: the direction of a microphone at the keyboard."""
    recorder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE), stdout=subprocess.PIPE
    )
    assert recorder.stdout is not None
    child = await asyncio.create_subprocess_exec(
        *sshd.command(*options, HOST, "cat >/dev/null"), stdin=subprocess.PIPE
    )
    assert child.stdin is not None

    async def pour(pipe: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await pipe.read(1 << 16):
            writer.write(data)
            await writer.drain()

    pouring = asyncio.ensure_future(pour(recorder.stdout, child.stdin))
    yield
    for it in (recorder, child):
        it.kill()
        await it.wait()
    await asyncio.wait([pouring])


async def thin(sshd: Sshd) -> None:
    """A line of 128 kbit/s, half of what the sound needs."""
    with narrow(sshd, delay_ms=40, kbit=128) as (_, through):
        opus_s = 0.0
        late_s: list[float] = []
        async with ours(sshd, *through) as it:
            began_s = time.monotonic()
            while time.monotonic() < began_s + THIN_S:
                await asyncio.sleep(0.05)
                assert it.app.source is not None
                if not opus_s and ", Opus" in it.app.source.words:
                    opus_s = time.monotonic() - began_s
                if time.monotonic() > began_s + THIN_S - 5:
                    late_s.append(it.lag_s)
            mended = sum(
                len(each.pcm) for each in it.app.items if isinstance(each, RepairedSamples)
            )
    print(f"128 kbit/s, ours:  Opus after {opus_s:.1f} s; in the last 5 s {ms(late_s)}")
    print(f"                   {SOUND.seconds(mended // 2):.1f} s were sent again without loss")
    with narrow(sshd, delay_ms=40, kbit=128) as (_, through):
        late: list[float] = []
        async with pushing_heard(sshd, *through) as heard:
            await asyncio.sleep(THIN_S)
            late = heard.late_s[-100:]
    print(f"128 kbit/s, plain: in the end {ms(late)}, and growing")


@asynccontextmanager
async def pushing_heard(sshd: Sshd, *options: str) -> AsyncIterator[Heard]:
    """``recorder | ssh HOST program``, where the program tells what comes when."""
    heard = Heard()
    recorder = subprocess.Popen([sys.executable, "-m", MODULE], stdout=subprocess.PIPE)
    child = await asyncio.create_subprocess_exec(
        *sshd.command(*options, HOST, "cat"), stdin=recorder.stdout, stdout=subprocess.PIPE
    )
    assert child.stdout is not None

    async def listen(pipe: asyncio.StreamReader) -> None:
        while data := await pipe.read(1 << 16):
            heard.take(data)

    listening = asyncio.ensure_future(listen(child.stdout))
    yield heard
    recorder.kill()
    recorder.wait()
    child.kill()
    await child.wait()
    await listening


async def freezes(sshd: Sshd, lengths_s: list[float]) -> None:
    """A line that stands still, and goes on: when is sound live again?"""
    with narrow(sshd, delay_ms=20) as (line, through):
        async with ours(sshd, *through) as it, plain(sshd, *through) as other:
            await asyncio.sleep(SETTLE_S)
            for frozen_s in lengths_s:
                line.say("freeze")
                await asyncio.sleep(frozen_s)
                line.say("thaw")
                thawed_s = time.monotonic()
                await asyncio.sleep(FREEZE_AFTER_S)
                said = [
                    "never" if again_s is None else f"{again_s:.2f} s"
                    for again_s in (it.heard.live_again_s(thawed_s), other.live_again_s(thawed_s))
                ]
                print(f"freeze of {frozen_s:4g} s: live again after {said[0]}, plain {said[1]}")
    print(f"freezes, ours: {it.verdict}")


async def kills(sshd: Sshd, n_kills: int) -> None:
    """``kill -9`` of ssh at random moments: the real app, real speech, the real recogniser."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    spoken = folder / "spoken.wav"
    seconds = n_kills * KILL_S * 1.4 + 5
    _speech(spoken, seconds)
    environ = {**os.environ, "SKDICTATE_HOME": str(sshd.home)}
    listen = ("-m", "skdictate", "listen", "--engine", "local", "--source", "remote")
    app = await asyncio.create_subprocess_exec(
        *(sys.executable, *listen, "--format", "json"),
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "skdictate", "mic", "send", "--source", f"file:{spoken}", HOST),
        env=sshd.environ,
        stderr=subprocess.DEVNULL,
    )
    rng = random.Random(5)
    n_killed = 0
    while n_killed < n_kills and sender.returncode is None:
        await asyncio.sleep(KILL_S * 2 * rng.random())
        for pid in children(sender.pid):
            if " mic in" in command(pid):
                os.kill(pid, signal.SIGKILL)
                n_killed += 1
    await sender.wait()
    await asyncio.sleep(SETTLE_S)
    app.send_signal(signal.SIGINT)
    out, _ = await app.communicate()
    (recording,) = (sshd.home / "recordings").glob("*.wav")
    with wave.open(str(recording)) as file, wave.open(str(spoken)) as given:
        recorded, captured = file.readframes(10**9), given.readframes(10**9)
    how = "identical" if recorded == captured else f"DIFFERENT: {len(recorded)}/{len(captured)}"
    n_lines = out.count(b'"event": "final"') or out.count(b'"event":"final"')
    print(
        f"kills: {n_killed} of ssh in {SOUND.seconds(len(captured) // 2):.0f} s of speech;"
        f" the recording is {how}, {n_lines} lines"
    )
    shutil.rmtree(folder)


def _speech(path: Path, seconds: float) -> None:
    """Human speech of that length at 16 kHz."""
    import soundfile

    from skdictate.audio.resampling import Converter

    pcm = b""
    for part in demo_paths():
        samples, rate_hz = soundfile.read(part, dtype="float32", always_2d=True)
        pcm += Converter(rate_hz, SOUND.rate_hz).convert(samples, is_last=True)
    size_bytes = SOUND.size_bytes(SOUND.samples(seconds))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SOUND.rate_hz, 0, "NONE", ""))
        file.writeframes((pcm * (size_bytes // len(pcm) + 1))[:size_bytes])


async def run(words: list[str]) -> None:
    numbers = [float(word) for word in words if word[0].isdigit()]
    names = [word for word in words if not word[0].isdigit()] or ["latency", "keys", "thin"]
    with Sshd() as sshd:
        for name in names:
            match name:
                case "latency":
                    await latency(sshd)
                case "keys":
                    await keys(sshd)
                case "thin":
                    await thin(sshd)
                case "freezes":
                    await freezes(sshd, numbers or FREEZES_S)
                case "kills":
                    await kills(sshd, int(numbers[0]) if numbers else 20)
                case _:
                    raise SystemExit(f"There is no {name}: {__doc__}")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1:]))
