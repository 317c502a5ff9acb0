"""An app that is killed in a dictation and started again: whose sound is whose."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import wave
from pathlib import Path

from skdictate.library.recording import HEADER_BYTES
from skdictate.remote_mic.ssh import ssh_command_line
from tests.bench.metronome import N_BLOCK, stamped_ns
from tests.support.mic_line import until
from tests.support.sshd import HOST, Sshd

LISTEN = (sys.executable, "-m", "skdictate", "listen", "--source", "remote", "--format", "json")
BLOCK_BYTES = 2 * N_BLOCK
ENOUGH_BYTES = 40 * BLOCK_BYTES


def stamps(pcm: bytes) -> list[int | None]:
    """When each block was captured."""
    return [stamped_ns(pcm[at : at + BLOCK_BYTES]) for at in range(0, len(pcm) - 639, BLOCK_BYTES)]


def number(pcm: bytes, n: int) -> int:
    """A sample of a block that is its own number, of those that are not the time."""
    return int.from_bytes(pcm[n * BLOCK_BYTES + 20 :][:2], "little")


async def listening(home: Path, n_before: int) -> tuple[asyncio.subprocess.Process, Path]:
    """The app, as soon as it has recorded something, and the file where that is."""
    app = await asyncio.create_subprocess_exec(
        *LISTEN,
        env={"SKDICTATE_HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def found() -> list[Path]:
        return sorted((home / "recordings").glob("*.wav"))

    await until(lambda: len(found()) > n_before and found()[-1].stat().st_size > ENOUGH_BYTES, 60.0)
    return app, found()[-1]


async def test_what_was_kept_for_an_app_that_was_killed_is_in_a_file_and_opens_no_dictation(
    sshd: Sshd, tmp_path: Path
) -> None:
    words = sshd.command(
        *ssh_command_line.LASTING, *ssh_command_line.ALONE, HOST, "skdictate mic in"
    )
    sender = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.bench.metronome",
            "send",
            str(tmp_path / "log"),
            "pcm",
            *words,
        ),
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        app, before = await listening(sshd.home, 0)
        app.kill()
        await app.wait()
        n_bytes = before.stat().st_size
        began_ns = time.monotonic_ns()
        app, after = await listening(sshd.home, 1)
        app.kill()
        await app.wait()
    finally:
        sender.kill()
        await sender.wait()
    first = stamps(before.read_bytes()[HEADER_BYTES:n_bytes])
    second = stamps(after.read_bytes()[HEADER_BYTES:])
    assert None not in first[:-1] + second[:-1]
    assert (first[-2] or 0) < began_ns < (second[0] or 0)
    (unsent,) = tmp_path.glob("unsent*.wav")
    with wave.open(str(unsent)) as file:
        sound = file.readframes(10**6)
    assert None not in stamps(sound)
    last, first_kept = number(before.read_bytes()[HEADER_BYTES:], len(first) - 1), number(sound, 0)
    twice = 25 * N_BLOCK
    apart = (first_kept - last + twice) % (1 << 16) - twice
    assert apart <= N_BLOCK, "it goes on where the recording of the killed app ends, or before"
