"""Sound servers that answer, hang, or are gone; libraries that are missing; levels."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.audio.pcm import Level
from skdictate.doctor import sound_check
from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.errors import Exit
from skdictate.settings.config import Config, Settings
from skdictate.settings.remembered import Remembered, RememberedMicrophone
from tests.support.sound_server import SoundServer


def with_environ(case: CheckContext, **environ: str) -> CheckContext:
    return replace(case, environ=environ)


async def test_a_server_that_runs_answers_and_one_that_is_frozen_does_not(
    case: CheckContext,
) -> None:
    with SoundServer() as running:
        here = with_environ(case, PULSE_SERVER=running.address)
        finding = await sound_check.server(here)
        assert (finding.state, finding.detail) == (CheckState.OK, f"answers at {running.socket}")
        running.freeze()
        finding = await sound_check.server(here)
        unused = await sound_check.server(
            replace(here, config=Config(Settings(source="stdin"), {}))
        )
        running.thaw()
    assert unused.state is CheckState.WARNING
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.MICROPHONE)
    assert "does not respond" in finding.detail
    assert "systemctl --user restart" in finding.hint


async def test_a_socket_that_was_left_behind_is_no_server(
    case: CheckContext, tmp_path: Path
) -> None:
    stale = tmp_path / "pulse" / "native"
    stale.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(stale))
    finding = await sound_check.server(with_environ(case, XDG_RUNTIME_DIR=str(tmp_path)))
    assert finding.state is CheckState.WARNING
    assert f"no server answers at {stale}" in finding.detail


@pytest.mark.parametrize(
    ("address", "state"),
    [("unix:/nowhere/native", CheckState.WARNING), ("tcp:far", CheckState.SKIPPED)],
)
async def test_where_a_variable_names_one_no_other_is_looked_for(
    case: CheckContext, address: str, state: CheckState
) -> None:
    with SoundServer() as running:
        folder = str(running.folder)
        here = with_environ(case, PULSE_RUNTIME_PATH=folder, PULSE_SERVER=address)
        finding = await sound_check.server(here)
        unnamed = await sound_check.server(with_environ(case, PULSE_RUNTIME_PATH=folder))
    assert (finding.state, address in finding.detail) == (state, True)
    assert unnamed.state is CheckState.OK


async def test_no_server_at_all_is_no_fault(case: CheckContext, tmp_path: Path) -> None:
    finding = await sound_check.server(with_environ(case, XDG_RUNTIME_DIR=str(tmp_path)))
    assert finding.state is CheckState.SKIPPED


@pytest.mark.parametrize(
    ("environ", "first"),
    [
        ({"PULSE_SERVER": "unix:/a/b"}, "/a/b"),
        ({"PULSE_SERVER": "/a/b"}, "/a/b"),
        ({"PULSE_SERVER": "{5f3e}unix:/a/b tcp:far:4713"}, "/a/b"),
        ({"PULSE_RUNTIME_PATH": "/r", "XDG_RUNTIME_DIR": "/x"}, "/r/native"),
        ({"XDG_RUNTIME_DIR": "/x"}, "/x/pulse/native"),
    ],
)
def test_servers_are_looked_for_where_programs_look(environ: Mapping[str, str], first: str) -> None:
    assert str(sound_check.sockets(environ)[0]) == first


async def test_portaudio_is_found(case: CheckContext) -> None:
    finding = await sound_check.portaudio(case)
    assert finding.state is CheckState.OK
    assert "sounddevice 0." in finding.detail


@pytest.mark.parametrize(
    ("source", "environ", "state", "said"),
    [
        ("raise OSError('PortAudio library not found')", {}, CheckState.WARNING, "libportaudio2"),
        ("import time; time.sleep(60)", {}, CheckState.WARNING, "systemctl --user restart"),
        ("raise OSError", {"SSH_CONNECTION": "1 2 3 4"}, CheckState.SKIPPED, ""),
    ],
)
async def test_without_portaudio_there_is_a_remedy_where_one_helps(
    case: CheckContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    source: str,
    environ: dict[str, str],
    state: CheckState,
    said: str,
) -> None:
    (tmp_path / "sounddevice.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sound_check, "IMPORT_S", 3.0)
    finding = await sound_check.portaudio(with_environ(case, **environ))
    assert finding.state is state
    assert said in finding.hint
    assert "install" not in finding.hint or not environ


async def test_the_one_that_was_chosen_last_is_listened_to_while_it_is_there(
    case: CheckContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Remembered(case.paths)
    with SoundServer() as running:
        monkeypatch.setenv("PULSE_SERVER", running.address)
        for chosen, heard in (("headset.monitor", "Headset"), ("gone", "Desk")):
            memory.microphone = RememberedMicrophone(chosen, chosen)
            assert heard in (await sound_check.microphone(case)).detail


async def test_another_source_needs_no_microphone(case: CheckContext) -> None:
    finding = await sound_check.microphone(
        replace(case, config=Config(Settings(source="stdin"), {}))
    )
    assert finding.state is CheckState.SKIPPED


@pytest.mark.parametrize(
    ("level", "is_monitor", "state", "said"),
    [
        (Level(-30.4, -12.1), False, CheckState.OK, ""),
        (Level(), False, CheckState.WARNING, "muted"),
        (Level(-60.0, -50.0), False, CheckState.WARNING, "Very quiet"),
        (Level(-6.0, 0.0, is_clipped=True), False, CheckState.WARNING, "Too loud"),
        (Level(-30.0, -12.0), True, CheckState.WARNING, "what the machine plays"),
    ],
)
def test_a_level_is_judged(level: Level, is_monitor: bool, state: CheckState, said: str) -> None:
    finding = sound_check.judged("Yeti", level, is_monitor=is_monitor)
    assert finding.state is state
    assert said in finding.hint
    assert finding.detail.startswith("Yeti: ")


def test_a_level_is_told_in_dbfs() -> None:
    finding = sound_check.judged("USB-Mic", Level(-30.4, -12.1), is_monitor=False)
    assert finding.detail == "USB-Mic: −30 dBFS, peak −12"
