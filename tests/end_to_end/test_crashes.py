"""The recogniser dies while a command dictates."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.command import finish, run, start
from tests.support.processes import children


async def test_the_recogniser_is_killed_and_crashes_and_no_word_is_lost(two_cities: Path) -> None:
    undisturbed = await run("transcribe", str(two_cities), "--speed", "6")
    process = await start("transcribe", str(two_cities), "--speed", "6")
    assert process.stdout is not None
    out = b""
    for number in (signal.SIGKILL, signal.SIGSEGV):
        out += await process.stdout.readline()
        out += await process.stdout.readline()
        os.kill(children(process.pid)[0], number)
    done = await finish(process)
    for number in (signal.SIGKILL, signal.SIGSEGV):
        assert f"The embedded recogniser stopped: It was ended by {number.name}" in done.err
    assert done.err.count("The recogniser is answering again") == 2
    assert done.code == 0
    said = (out.decode() + done.out).lower().split()
    wanted = undisturbed.out.lower().split()
    assert len(said) == pytest.approx(len(wanted), abs=4)
    assert "comparison" in done.out or "compassion" in done.out
