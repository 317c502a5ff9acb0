"""A recorder whose sound tells when it was captured: ``python -m tests.bench.metronome``.

Prints raw s16le mono at 16 kHz in real time, 20 ms at a time; in the first samples of each block is
the steady clock of that moment. As a module it gives the same to a courier: ``send ROAD ...``.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Self

from skdictate.audio.pcm import Format
from skdictate.errors import Problem
from skdictate.remote_mic.sender.command_transport import CommandTransport
from skdictate.remote_mic.sender.sender import Sender
from skdictate.sources.base import Item
from tests.support.mic_line import spoken

SOUND = Format(16_000)
BLOCK_S = 0.02
N_BLOCK = 320
STAMP = struct.Struct("<4sQ")
MARK = b"\x7fsk\x7f"


def block(number: int) -> bytes:
    """The next 20 ms, captured now."""
    stamp = STAMP.pack(MARK, time.monotonic_ns())
    return stamp + spoken(number * N_BLOCK, N_BLOCK)[len(stamp) :]


def stamped_ns(pcm: bytes) -> int | None:
    """When a block was captured, if it is one."""
    mark, captured_ns = STAMP.unpack_from(pcm)
    return int(captured_ns) if mark == MARK else None


class Metronome:
    """See ``Source``."""

    is_live = True
    is_microphone = True
    overruns = 0
    name = "metronome"
    format = SOUND

    def __init__(self, log: Path | None = None) -> None:
        self._is_stopped = False
        self._log = log.open("wb") if log else None

    def stop(self) -> None:
        self._is_stopped = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()

    async def __aiter__(self) -> AsyncIterator[Item]:
        due_s = time.monotonic()
        number = 0
        while not self._is_stopped:
            due_s += BLOCK_S
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            pcm = block(number)
            number += 1
            if self._log is not None:
                self._log.write(pcm)
            yield pcm


def explain(code: int, lines: Sequence[str]) -> Problem:
    from skdictate.remote_mic.ssh import ssh_problems

    return ssh_problems.problem("the bench", code, lines)


async def send(log: Path, codec: str, command: list[str]) -> None:
    """Be the sender of a dictation, over this command, until standard input ends."""
    road = CommandTransport("the bench", lambda _may_ask: command, explain)
    sender = Sender(
        lambda: Metronome(log), road, log.parent, sound=SOUND, label="metronome", codec=codec
    )
    sender.on_change = lambda words: print(words, file=sys.stderr)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(sender.run())
        await asyncio.to_thread(sys.stdin.buffer.read)
        sender.finish()
        group.create_task(asyncio.wait_for(running, 30))


def main() -> None:
    if sys.argv[1:2] == ["send"]:
        asyncio.run(send(Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
        return
    due_s = time.monotonic()
    number = 0
    while True:
        due_s += BLOCK_S
        time.sleep(max(0.0, due_s - time.monotonic()))
        pcm = block(number)
        while pcm:
            pcm = pcm[os.write(1, pcm) :]
        number += 1


if __name__ == "__main__":
    main()
