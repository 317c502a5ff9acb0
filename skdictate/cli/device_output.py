"""Prints ``skdictate devices``: the microphones, the default one, and how loud each is."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TextIO

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.devices import Device, DeviceListing
from skdictate.sources import device_survey

LEVEL_S = 2.0
"""Seconds of sound that the level of a microphone is measured from."""
Levels = dict[str, Level | Problem]
"""Device name to its level, or to why it could not be measured."""


def write_devices(out: TextIO, form: str, *, has_levels: bool) -> None:
    """Write the list of microphones.

    Args:
        out: where to write.
        form: ``text``, or ``json`` for one object per line.
        has_levels: measure each microphone's level, which takes ``LEVEL_S``.

    Raises:
        ProblemError: the audio system cannot be asked.
    """
    listing, levels = asyncio.run(_survey(has_levels=has_levels))
    out.writelines(_objects(listing, levels) if form == "json" else _rows(listing, levels))


async def _survey(*, has_levels: bool) -> tuple[DeviceListing, Levels]:
    listing = await device_survey.survey()
    if not has_levels:
        return listing, {}
    async with asyncio.TaskGroup() as group:
        tasks = {it.name: group.create_task(_level(it.name)) for it in listing.devices}
    return listing, {name: task.result() for name, task in tasks.items()}


async def _level(name: str) -> Level | Problem:
    """Measure one microphone for ``LEVEL_S``; the problem if it cannot be opened."""
    try:
        return await device_survey.sample(name, LEVEL_S)
    except ProblemError as error:
        return error.problem


def _rows(listing: DeviceListing, levels: Levels) -> list[str]:
    rows = [f"{listing.system}\n"]
    width = max((len(device.label) for device in listing.devices), default=0)
    for number, device in enumerate(listing.devices, 1):
        mark = "*" if device.is_default else " "
        facts = f"{_rates(device):>16}  {_channels(device):<8}"
        level = _level_text(levels[device.name]) if device.name in levels else ""
        rows.append(f"{mark}{number:>3}  {device.label:<{width}}  {facts}  {level}".rstrip() + "\n")
    if listing.devices:
        rows.append("\n* is the default. To use another: skdictate --source mic:NAME (or number)\n")
    else:
        rows.append("No microphone found. To find out why: skdictate doctor\n")
    return rows


def _rates(device: Device) -> str:
    return ", ".join(f"{rate / 1000:g}" for rate in device.rates_hz) + " kHz"


def _channels(device: Device) -> str:
    return {1: "mono", 2: "stereo"}.get(device.n_channels, f"{device.n_channels} ch")


def _level_text(level: Level | Problem) -> str:
    if isinstance(level, Problem):
        return level.title
    if level.peak_dbfs <= SILENCE_DBFS:
        return "digital silence: muted?"
    clipped = ", clipped" if level.is_clipped else ""
    return f"{level.rms_dbfs:.0f} dBFS, peak {level.peak_dbfs:.0f}{clipped}"


def _objects(listing: DeviceListing, levels: Levels) -> list[str]:
    """One JSON object per device and line; the manual lists the fields."""
    lines = []
    for number, device in enumerate(listing.devices, 1):
        fields: dict[str, Any] = {
            "v": 1,
            "event": "device",
            "number": number,
            "name": device.name,
            "label": device.label,
            "rates_hz": device.rates_hz,
            "channels": device.n_channels,
            "default": device.is_default,
            "monitor": device.is_monitor,
            "system": listing.system,
        }
        match levels.get(device.name):
            case Level() as level:
                fields |= {
                    "rms_dbfs": round(level.rms_dbfs, 1),
                    "peak_dbfs": round(level.peak_dbfs, 1),
                    "clipped": level.is_clipped,
                }
            case Problem() as problem:
                fields["problem"] = problem.title
        lines.append(json.dumps(fields) + "\n")
    return lines
