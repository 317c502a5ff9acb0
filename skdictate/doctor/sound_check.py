"""Checks PortAudio, the sound server, and the microphone in use."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState, failed
from skdictate.doctor.import_trial import tried
from skdictate.doctor.python_check import reinstall_hint
from skdictate.errors import Exit, ProblemError
from skdictate.mic import mic_problems

if TYPE_CHECKING:
    from skdictate.mic_protocol.devices import Device

IMPORT_S = 8.0
"""Time limit of the import, during which PortAudio asks the sound server for its devices."""
ANSWER_S = 2.0
"""Time limit of the sound server's answer, which normally takes milliseconds."""
LISTEN_S = 2.0
"""Length of the sound whose level is measured."""
QUIET_DBFS = -55.0
"""Level below which a warning is given: quieter than an empty room."""
WSLG = Path("/mnt/wslg/PulseServer")
RESTART = "systemctl --user restart pipewire pipewire-pulse pulseaudio"
REMOTE = "Over SSH, use the microphone of the machine you sit at: see skdictate mic send --help."


async def portaudio(case: CheckContext) -> CheckResult:
    """Check that the recording library can be loaded."""
    trial = await tried("sounddevice", IMPORT_S)
    if not trial.error:
        return CheckResult("portaudio", CheckState.OK, f"found (sounddevice {trial.version})")
    hint = mic_problems.no_portaudio(trial.error).problem.hint
    if trial.is_late:
        hint = f"The sound server does not respond. Restart it:\n{RESTART}"
    elif importlib.util.find_spec("sounddevice") is None:
        hint = reinstall_hint(["sounddevice"])
    elif _is_remote(case):
        detail = "missing; only needed for a microphone of this machine"
        return CheckResult("portaudio", CheckState.SKIPPED, detail)
    # Only a warning: other programs may record instead, which the check of the microphone finds.
    return CheckResult("portaudio", CheckState.WARNING, trial.error.removeprefix("OSError: "), hint)


async def server(case: CheckContext) -> CheckResult:
    """Check that a PulseAudio server, or PipeWire in its place, answers."""
    if sys.platform != "linux":
        return CheckResult("sound server", CheckState.SKIPPED, "part of the system here")
    refused: list[str] = []
    for path in sockets(case.environ):
        try:
            async with asyncio.timeout(ANSWER_S):
                await _greet(path)
        except TimeoutError:
            hint = f"Restart it:\n{RESTART}"
            detail = f"the server at {path} does not respond"
            state = (
                CheckState.FAILED if case.settings.source.startswith("mic") else CheckState.WARNING
            )
            return CheckResult("sound server", state, detail, hint, Exit.MICROPHONE)
        except (OSError, EOFError):
            if path.exists():
                refused.append(str(path))
        else:
            return CheckResult("sound server", CheckState.OK, f"answers at {path}")
    return _missing(case, refused)


def _missing(case: CheckContext, refused: list[str]) -> CheckResult:
    """The result if no server answers; ``refused`` lists sockets without a server."""
    if named := case.environ.get("PULSE_SERVER"):
        if not sockets(case.environ):
            detail = f"not checked: PULSE_SERVER names another machine, {named}"
            return CheckResult("sound server", CheckState.SKIPPED, detail)
        detail = f"no server answers at {named}, the value of PULSE_SERVER"
        hint = "Start the server, or unset PULSE_SERVER."
        return CheckResult("sound server", CheckState.WARNING, detail, hint)
    if refused:
        detail = f"no server answers at {', '.join(refused)}; it may have crashed"
        return CheckResult("sound server", CheckState.WARNING, detail, f"Start it:\n{RESTART}")
    if mic_problems.is_wsl():
        hint = "In WSL it is part of WSLg: in Windows, run wsl --update, then wsl --shutdown."
        return CheckResult("sound server", CheckState.WARNING, f"none; there is no {WSLG}", hint)
    return CheckResult("sound server", CheckState.SKIPPED, "none; devices are used directly")


def sockets(environ: Mapping[str, str]) -> list[Path]:
    """Sockets where clients look for a sound server on this machine, in order."""
    if named := environ.get("PULSE_SERVER"):
        # {id of a machine}unix:/path, or a path alone; or the name of another machine
        paths = [name.rpartition("}")[2].removeprefix("unix:") for name in named.split()]
        return [Path(path) for path in paths if path.startswith("/")]
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    folder = environ.get("PULSE_RUNTIME_PATH") or f"{runtime}/pulse"
    return [Path(folder) / "native", WSLG]


async def _greet(path: Path) -> None:
    """Authenticate in PulseAudio's protocol and wait for any answer.

    A connection alone proves nothing: the system accepts it even if the server hangs.

    Raises:
        OSError: there is no server.
        EOFError: the server closed the connection.
    """
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        words = b"".join(b"L" + number.to_bytes(4, "big") for number in (8, 0, 12))
        words += b"x" + (256).to_bytes(4, "big") + bytes(256)  # AUTH, version 12, no cookie
        head = (len(words), 0xFFFF_FFFF, 0, 0, 0)
        writer.write(b"".join(number.to_bytes(4, "big") for number in head) + words)
        await reader.readexactly(20)
    finally:
        writer.close()


async def microphone(case: CheckContext) -> CheckResult:
    """Check that the microphone in use exists, and measure its level."""
    kind, _, wanted = case.settings.source.partition(":")
    if kind != "mic" or case.settings.source_command:
        used = "a command" if case.settings.source_command else case.settings.source
        return CheckResult("microphone", CheckState.SKIPPED, f"not used: the source is {used}")
    from skdictate.settings.remembered import Remembered
    from skdictate.sources import device_survey

    try:
        listing = await device_survey.survey()
    except ProblemError as error:
        return _no_microphone(case, error)
    try:
        names = [device.name for device in listing.devices]
        chosen = Remembered(case.paths).microphone.name
        wanted = wanted or (chosen if chosen in names else "")
        device = next((it for it in listing.devices if _is_meant(it, wanted)), None)
        label = f"{device.label if device else wanted} ({listing.system})".lstrip()
        level = await device_survey.sample(wanted, LISTEN_S)
    except ProblemError as error:
        return (
            failed("microphone", error.problem) if listing.devices else _no_microphone(case, error)
        )
    return judged(label, level, is_monitor=device is not None and device.is_monitor)


def _no_microphone(case: CheckContext, error: ProblemError) -> CheckResult:
    """The result on a machine without a microphone; over SSH, no package on it would help."""
    finding = failed("microphone", error.problem)
    return replace(finding, hint=REMOTE) if _is_remote(case) else finding


def _is_meant(device: Device, wanted: str) -> bool:
    return wanted in (device.name, device.label) if wanted else device.is_default


def _is_remote(case: CheckContext) -> bool:
    """Whether the user works from another machine over SSH."""
    return "SSH_CONNECTION" in case.environ


def judged(label: str, level: Level, *, is_monitor: bool) -> CheckResult:
    """The result for a device and its level.

    Args:
        label: name of the device.
        level: level over ``LISTEN_S``.
        is_monitor: whether the device records what the machine plays.
    """
    loud = f"{level.rms_dbfs:.0f} dBFS, peak {level.peak_dbfs:.0f}".replace("-", "−")
    detail = f"{label}: {loud}"
    hint = ""
    if level.peak_dbfs <= SILENCE_DBFS:
        detail = f"{label}: digital silence"
        hint = "The microphone is muted, by its own switch or in the mixer."
        if sys.platform == "darwin":
            hint = "Allow the terminal in System Settings, Privacy & Security, Microphone."
    elif is_monitor:
        hint = "This records what the machine plays, not your voice. See: skdictate devices"
    elif level.is_clipped:
        hint = "Too loud, the sound is clipped. Turn the gain down."
    elif level.rms_dbfs < QUIET_DBFS:
        hint = "Very quiet. If you spoke, turn the gain up, or see: skdictate devices"
    return CheckResult("microphone", CheckState.WARNING if hint else CheckState.OK, detail, hint)
