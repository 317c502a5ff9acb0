"""Whether this machine has a microphone that can be used, and if not, what was looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from skdictate.errors import ProblemError
from skdictate.sources import device_survey
from skdictate.text.clean_text import clean

GUESSED = "ALSA"
"""The system of a listing that nobody has checked: a program that records is there, no more."""


async def absence(environ: Mapping[str, str]) -> str:
    """What stands in the way of a microphone of this machine, in a sentence; empty if there is one.

    A monitor, which hears what the machine plays, is none. Takes half a second, and three at most.
    """
    server = _server(environ)
    try:
        listing = await device_survey.survey()
        if listing.system == GUESSED:
            await _hear()
    except ProblemError as error:
        problem = error.problem
        detail = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        return f"{server}{detail}"
    if any(not device.is_monitor for device in listing.devices):
        return ""
    if listing.devices:
        return f"{listing.system} has no input but what this machine plays"
    return f"{server}{listing.system} has no input device"


async def _hear() -> None:
    """One block of sound."""
    async with aclosing(device_survey.levels("")) as levels:
        async for _ in levels:
            return


def _server(environ: Mapping[str, str]) -> str:
    """Where a sound server was asked for in vain."""
    if place := environ.get("PULSE_SERVER"):
        return f"No sound server answers at {clean(place)}. "
    if folder := environ.get("XDG_RUNTIME_DIR"):
        path = Path(folder) / "pulse" / "native"
        if os.path.lexists(path):
            return f"No sound server answers at {clean(str(path))}. "
    return "There is no sound server. "
