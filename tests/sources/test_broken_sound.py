"""Machines on which sound does not work, each in its own way: what is said, and how soon."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from pathlib import Path

import pytest

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Problem, ProblemError
from skdictate.sources.base import Item, Named, Trouble
from skdictate.sources.device_survey import sample, survey
from skdictate.sources.mic_process import MicProcess
from skdictate.sources.microphone_source import MicSource
from tests.support.sound_server import SoundServer

SOUND = Format(16_000)
MISSING = "raise OSError('PortAudio library not found')"
HANGING = "import time; time.sleep(1000)"
CRASHING = "import os, sys; print('free(): invalid pointer', file=sys.stderr); os.abort()"
PRINTING = """\
import os, sys
os.write(1, b'ALSA lib pcm.c:2664:(snd_pcm_open_noupdate) Unknown PCM surround')
os.write(2, b'jack server is not running\\n' * 5000)
del sys.modules['sounddevice']
sys.path = [p for p in sys.path if p != os.path.dirname(__file__)]
import sounddevice
"""
JITTERY = """\
import os, sys
from types import SimpleNamespace
del sys.modules['sounddevice']
sys.path = [p for p in sys.path if p != os.path.dirname(__file__)]
import sounddevice
real, n = sounddevice.RawInputStream, 0
def opened(*, callback, **more):
    def heard(data, n_frames, at, status):
        global n
        n += 1
        late = at.currentTime + (0.09 if n % 2 else 0.0)
        callback(bytes([n % 256]) * len(data), n_frames, SimpleNamespace(
            currentTime=late, inputBufferAdcTime=at.inputBufferAdcTime), status)
    return real(callback=heard, **more)
sounddevice.RawInputStream = opened
"""
"""PortAudio's times on a busy machine: every other block claims to be older than the one before."""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


class Machine:
    """This one, with other libraries and programs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.delenv("PULSE_SERVER", raising=False)
        monkeypatch.delenv("SSH_CONNECTION", raising=False)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        monkeypatch.setenv("HOME", str(folder))

    def has_library(self, code: str) -> None:
        """What stands in the place of the library that brings PortAudio."""
        (self._folder / "sounddevice.py").write_text(code)
        self._monkeypatch.setenv("PYTHONPATH", str(self._folder))

    def has_server(self, server: SoundServer) -> None:
        self._monkeypatch.setenv("PULSE_SERVER", server.address)

    def has_programs(self, *names: str, **codes: str) -> None:
        """Only these programs that record, and those made of Python code."""
        programs = self._folder / "bin"
        programs.mkdir()
        for name in names:
            found = shutil.which(name)
            assert found, f"{name} is not installed"
            (programs / name).symlink_to(found)
        for name, code in codes.items():
            (programs / name).write_text(f"#!{sys.executable}\n{code}")
            (programs / name).chmod(0o755)
        self._monkeypatch.setenv("PATH", str(programs))


async def trouble(source: MicSource) -> Problem:
    """What is said when there is nothing to hear."""
    with pytest.raises(ProblemError) as caught:
        async with source:
            async for item in source:
                assert isinstance(item, Trouble), item
    assert caught.value.problem.exit_code is Exit.MICROPHONE
    return caught.value.problem


async def heard(source: MicSource, seconds: float = 0.5) -> list[Item]:
    items: list[Item] = []
    n_bytes = 0
    async with asyncio.timeout(15), source:
        async for item in source:
            items.append(item)
            n_bytes += len(item) if isinstance(item, bytes) else 0
            if n_bytes > SOUND.size_bytes(SOUND.samples(seconds)):
                source.stop()
    assert not any(isinstance(item, Missing) for item in items)
    return items


async def test_times_that_go_back_cost_no_sound(machine: Machine, server: SoundServer) -> None:
    machine.has_library(JITTERY)
    machine.has_server(server)
    pcm = b"".join(item for item in await heard(MicSource("", SOUND)) if isinstance(item, bytes))
    numbers = pcm[:: SOUND.size_bytes(SOUND.samples(0.02))]
    assert len(numbers) >= 25
    assert numbers == bytes(range(1, len(numbers) + 1))


async def test_without_portaudio_a_program_of_the_system_records(
    machine: Machine, server: SoundServer
) -> None:
    machine.has_library(MISSING)
    machine.has_server(server)
    machine.has_programs("parec")
    items = await heard(MicSource("headset", SOUND))
    assert items[0] == Named("Monitor of Headset")


async def test_without_portaudio_and_server_arecord_records(machine: Machine) -> None:
    machine.has_library(MISSING)
    machine.has_programs(
        arecord="import os, time\nwhile True: os.write(1, bytes(641)); time.sleep(0.02)"
    )
    items = await heard(MicSource("", SOUND))
    assert items[0] == Named("default")


async def test_a_program_that_fails_says_why(machine: Machine) -> None:
    machine.has_library(MISSING)
    machine.has_programs(arecord="raise SystemExit('arecord: main: audio open error: \\x1b[31mno')")
    problem = await trouble(MicSource("", SOUND))
    assert problem.title == "arecord cannot be used"
    assert problem.detail == "arecord: main: audio open error: \ufffd[31mno"


@pytest.mark.parametrize("has_server", [True, False])
async def test_without_anything_it_is_said_what_to_install(
    machine: Machine, server: SoundServer, has_server: bool
) -> None:
    machine.has_library(MISSING)
    machine.has_programs()
    if has_server:
        machine.has_server(server)
    problem = await trouble(MicSource("", SOUND))
    assert problem.title == "PortAudio is missing"
    assert problem.detail == "PortAudio library not found"
    assert "libportaudio2" in problem.hint


async def test_what_a_sound_system_says_of_itself_does_nothing_to_the_terminal(
    machine: Machine,
) -> None:
    machine.has_library("raise OSError('\x1b[31mno PortAudio')")
    machine.has_programs()
    for asked in (survey(), sample("", 1.0)):
        with pytest.raises(ProblemError) as caught:
            await asked
        assert caught.value.problem.detail == "\ufffd[31mno PortAudio"


async def test_a_machine_without_a_microphone_is_told_from_one_without_software(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_programs()
    problem = await trouble(MicSource("", SOUND))
    assert problem.title == "There is no microphone"
    assert "install" not in problem.hint
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    problem = await trouble(MicSource("", SOUND))
    assert "Over SSH" in problem.hint


async def test_a_server_that_is_not_there_is_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere/native")
    problem = await trouble(MicSource("", SOUND))
    assert "unix:/nowhere/native" in problem.detail


async def test_a_library_that_hangs_is_told_within_three_seconds_and_given_up(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.sources.microphone_source.REPLACE_S", 2.2)
    machine.has_library(HANGING)
    source = MicSource("", SOUND)
    begun_s = time.monotonic()
    async with source:
        async for item in source:
            assert isinstance(item, Trouble)
            assert time.monotonic() - begun_s < 3
            assert item.problem.title == "No sound arrives"
            break
    problem = await trouble(MicSource("", SOUND))
    assert problem.title == "No sound arrives"


async def test_a_hanging_start_can_be_stopped(machine: Machine) -> None:
    machine.has_library(HANGING)
    source = MicSource("", SOUND)
    asyncio.get_running_loop().call_later(0.3, source.stop)
    async with asyncio.timeout(3), source:
        assert [item async for item in source] == []


async def test_a_library_that_crashes_is_reported_with_its_last_words(machine: Machine) -> None:
    machine.has_library(CRASHING)
    problem = await trouble(MicSource("", SOUND))
    assert problem.title == "The microphone's process failed"
    assert "signal 6" in problem.detail
    assert "free(): invalid pointer" in problem.detail


async def test_what_the_library_prints_goes_nowhere(
    machine: Machine, server: SoundServer, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.has_library(PRINTING)
    machine.has_server(server)
    items = await heard(MicSource("", SOUND))
    assert items[0] == Named("Monitor of Desk")
    assert capfd.readouterr() == ("", "")


async def test_a_list_comes_or_why_there_is_none(machine: Machine, server: SoundServer) -> None:
    machine.has_server(server)
    listing = await survey()
    assert listing.system.startswith("PulseAudio ")
    desk, headset = listing.devices
    assert (desk.name, desk.label) == ("desk.monitor", "Monitor of Desk")
    assert (desk.rates_hz, desk.n_channels, desk.is_default) == ((16_000,), 1, True)
    assert (headset.rates_hz, headset.n_channels, headset.is_default) == ((48_000,), 2, False)
    machine.has_library(HANGING)
    server.freeze()
    try:
        with pytest.raises(ProblemError, match="does not answer"):
            await survey()
    finally:
        server.thaw()


async def test_a_child_outlives_its_listener_by_nothing(
    machine: Machine, server: SoundServer
) -> None:
    machine.has_server(server)
    source = MicSource("", SOUND)
    async with source:
        async for item in source:
            if isinstance(item, bytes):
                break
        assert source._process is not None
        assert source._process._child.stdin is not None
        source._process._child.stdin.close()
        async with asyncio.timeout(2):
            await source._process._child.wait()


@pytest.mark.parametrize("order", ["list", "capture"])
async def test_a_child_that_hangs_does_not_outlive_its_listener_either(
    machine: Machine, order: str
) -> None:
    machine.has_library(HANGING)
    async with MicProcess(do=order, rate_hz=16_000, device="", channel=0) as process:
        await asyncio.sleep(0.3)
        assert process._child.stdin is not None
        process._child.stdin.close()
        async with asyncio.timeout(4):
            await process._child.wait()
