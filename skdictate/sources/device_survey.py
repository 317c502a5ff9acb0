"""Lists this machine's microphones and measures their levels, in processes that may hang."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from skdictate.audio.pcm import Format, Level, measure
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.devices import DeviceListing
from skdictate.mic_protocol.frames import Type
from skdictate.sources.mic_process import MicProcess, reported_problem

ANSWER_S = 3.0
"""Seconds after which a sound system that has not answered counts as hanging."""
RATE_HZ = 16_000
BLOCK_S = 0.02
"""Seconds of sound in a frame."""

NO_ANSWER = Problem(
    Kind.MICROPHONE,
    "The sound system does not answer",
    f"It did not say within {ANSWER_S:.0f} seconds what there is",
    "Restart it: systemctl --user restart pipewire pipewire-pulse pulseaudio",
)


async def survey() -> DeviceListing:
    """List the devices.

    Raises:
        ProblemError: why they cannot be listed.
    """
    try:
        async with asyncio.timeout(ANSWER_S), MicProcess(do="list") as process:
            answer = json.loads(await process.read_all() or b"{}")
            if not answer:
                raise ProblemError(await process.exit_problem())
    except TimeoutError as error:
        raise ProblemError(NO_ANSWER) from error
    if "problem" in answer:
        raise ProblemError(reported_problem(answer["problem"]))
    return DeviceListing.of_json(answer)


async def levels(name: str) -> AsyncGenerator[Level, None]:
    """Yield the level of a device 50 times a second; the default device if the name is empty.

    Raises:
        ProblemError: it cannot be recorded from.
    """
    order = {"rate_hz": RATE_HZ, "device": name, "channel": 0}
    async with MicProcess(do="capture", **order) as process:
        while True:
            try:
                async with asyncio.timeout(ANSWER_S):
                    frames = await process.read()
            except TimeoutError as error:
                raise ProblemError(NO_ANSWER) from error
            if frames is None:
                raise ProblemError(await process.exit_problem())
            for frame in frames:
                if frame.type is Type.TROUBLE:
                    raise ProblemError(reported_problem(json.loads(frame.payload)))
                if frame.type is Type.AUDIO:
                    process.acknowledge(frame.end)
                    yield measure(frame.payload)


async def sample(name: str, seconds: float) -> Level:
    """The highest level of a device within that time; see ``levels``."""
    wanted = round(Format(RATE_HZ).samples(seconds) / (RATE_HZ * BLOCK_S))
    measured: list[Level] = []
    async with aclosing(levels(name)) as blocks:
        async for level in blocks:
            measured.append(level)
            if len(measured) >= wanted:
                break
    return Level(
        max(level.rms_dbfs for level in measured),
        max(level.peak_dbfs for level in measured),
        any(level.is_clipped for level in measured),
    )
