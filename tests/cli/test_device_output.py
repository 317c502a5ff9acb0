from __future__ import annotations

from pathlib import Path

import pytest

from skdictate.errors import Exit
from tests.support.command import Done, run
from tests.support.sound_server import SoundServer

pytestmark = pytest.mark.usefixtures("address")


def devices(done: Done) -> list[tuple[object, ...]]:
    return [
        (it["number"], it["name"], it["label"], it["rates_hz"], it["channels"], it["default"])
        for it in done.events("device")
    ]


async def test_the_devices_are_listed_with_what_they_can_do() -> None:
    done = await run("devices")
    assert done.code == Exit.DONE
    assert done.err == ""
    rows = done.out.splitlines()
    assert rows[0].startswith("PulseAudio ")
    assert rows[1].split() == ["*", "1", "Monitor", "of", "Desk", "16", "kHz", "mono"]
    assert rows[2].split() == ["2", "Monitor", "of", "Headset", "48", "kHz", "stereo"]
    assert all(len(row) <= 80 for row in rows)
    assert devices(await run("devices", "--format", "json")) == [
        (1, "desk.monitor", "Monitor of Desk", [16_000], 1, True),
        (2, "headset.monitor", "Monitor of Headset", [48_000], 2, False),
    ]


async def test_the_levels_tell_which_one_is_spoken_into(
    server: SoundServer, two_cities: Path
) -> None:
    server.play(two_cities, "headset", n_times=10)
    done = await run("devices", "--levels", "--format", "json")
    desk, headset = done.events("device")
    assert desk["peak_dbfs"] == -96
    assert -40 < headset["rms_dbfs"] < headset["peak_dbfs"] <= 0
    done = await run("devices", "--levels")
    assert "digital silence: muted?" in done.out.splitlines()[1]


async def test_without_a_sound_server_it_is_said_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere/native")
    done = await run("devices")
    assert done.code == Exit.DONE
    assert "No microphone found." in done.out
