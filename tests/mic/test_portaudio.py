from __future__ import annotations

import json
import subprocess
import sys

import pytest

from skdictate.mic.captured_block import BLOCK_S
from skdictate.mic.portaudio import plain
from tests.support.sound_server import SoundServer


def test_the_callback_is_done_long_before_the_next_one_is_due(server: SoundServer) -> None:
    """In a process of its own, as in real life: PortAudio may print and hang."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.callback", "3"],
        env={"PULSE_SERVER": server.address, "PATH": ""},
        capture_output=True,
        timeout=30,
        check=True,
    )
    times_s = json.loads(said.stdout)["callback_s"]
    assert len(times_s) > 100
    assert sorted(times_s)[int(0.99 * len(times_s))] < BLOCK_S / 10


@pytest.mark.parametrize(
    "said",
    [
        "Error opening RawInputStream: Device unavailable [PaErrorCode -9985]",
        "Error querying device -1: Device unavailable",
        "Device unavailable",
    ],
)
def test_what_portaudio_says_is_said_without_its_codes(said: str) -> None:
    assert plain(Exception(said)) == "Device unavailable"
