"""``skdictate devices``: which microphones there are, the default one, and how loud each is."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TextIO

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.devices import Device, DeviceListing
from skdictate.sources import device_survey

LEVEL_S = 2.0
"""How long each is listened to."""
Heard = dict[str, Level | Problem]
"""By the name of the device."""


def write_devices(out: TextIO, form: str, *, has_levels: bool) -> None:
    """All of them; with how loud each is now, if that is asked for.

    Raises:
        ProblemError: nothing can be had, and why.
    """
    listing, heard = asyncio.run(_look(has_levels=has_levels))
    out.writelines(_objects(listing, heard) if form == "json" else _rows(listing, heard))


async def _look(*, has_levels: bool) -> tuple[DeviceListing, Heard]:
    listing = await device_survey.survey()
    if not has_levels:
        return listing, {}
    async with asyncio.TaskGroup() as group:
        tasks = {it.name: group.create_task(_level(it.name)) for it in listing.devices}
    return listing, {name: task.result() for name, task in tasks.items()}


async def _level(name: str) -> Level | Problem:
    """How loud one is, or why that cannot be told."""
    try:
        return await device_survey.sample(name, LEVEL_S)
    except ProblemError as error:
        return error.problem


def _rows(listing: DeviceListing, heard: Heard) -> list[str]:
    rows = [f"{listing.system}\n"]
    width = max((len(device.label) for device in listing.devices), default=0)
    for number, device in enumerate(listing.devices, 1):
        mark = "*" if device.is_default else " "
        facts = f"{_rates(device):>16}  {_channels(device):<8}"
        level = _said_of(heard[device.name]) if device.name in heard else ""
        rows.append(f"{mark}{number:>3}  {device.label:<{width}}  {facts}  {level}".rstrip() + "\n")
    if listing.devices:
        rows.append("\n* is the default. Use one: skdictate --source mic:NAME, or its number.\n")
    else:
        rows.append("There is no microphone. See why: skdictate doctor\n")
    return rows


def _rates(device: Device) -> str:
    return ", ".join(f"{rate / 1000:g}" for rate in device.rates_hz) + " kHz"


def _channels(device: Device) -> str:
    return {1: "mono", 2: "stereo"}.get(device.n_channels, f"{device.n_channels} ch")


def _said_of(heard: Level | Problem) -> str:
    if isinstance(heard, Problem):
        return heard.title
    if heard.peak_dbfs <= SILENCE_DBFS:
        return "digital silence: muted?"
    clipped = ", clipped" if heard.is_clipped else ""
    return f"{heard.rms_dbfs:.0f} dBFS, peak {heard.peak_dbfs:.0f}{clipped}"


def _objects(listing: DeviceListing, heard: Heard) -> list[str]:
    """One object a line; see the README for the fields."""
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
        match heard.get(device.name):
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
