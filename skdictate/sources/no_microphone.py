"""Finds out whether this machine has a usable microphone, and if not, why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from skdictate.errors import ProblemError
from skdictate.sources import device_survey
from skdictate.text.clean_text import clean

UNCHECKED = "ALSA"
"""The system of an unchecked listing: ALSA's recorder is installed, but may not find a device."""


async def absence(environ: Mapping[str, str]) -> str:
    """Why this machine has no usable microphone, in a sentence; empty if it has one.

    A monitor, which records what the machine plays, does not count. Takes half a second, at most
    three.
    """
    server = _server(environ)
    try:
        listing = await device_survey.survey()
        if listing.system == UNCHECKED:
            await _record_block()
    except ProblemError as error:
        problem = error.problem
        detail = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        return f"{server}{detail}"
    if any(not device.is_monitor for device in listing.devices):
        return ""
    if listing.devices:
        return f"{listing.system} has no input but what this machine plays"
    return f"{server}{listing.system} has no input device"


async def _record_block() -> None:
    """Record one block of sound."""
    async with aclosing(device_survey.levels("")) as levels:
        async for _ in levels:
            return


def _server(environ: Mapping[str, str]) -> str:
    """The sound server that did not answer, in a sentence."""
    if place := environ.get("PULSE_SERVER"):
        return f"No sound server answers at {clean(place)}. "
    if folder := environ.get("XDG_RUNTIME_DIR"):
        path = Path(folder) / "pulse" / "native"
        if os.path.lexists(path):
            return f"No sound server answers at {clean(str(path))}. "
    return "There is no sound server. "
