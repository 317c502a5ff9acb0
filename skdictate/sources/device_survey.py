"""Which microphones this machine has, and how loud each is; asked of processes that may hang."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from skdictate.audio.pcm import Format, Level, measure
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.devices import DeviceListing
from skdictate.mic_protocol.frames import Type
from skdictate.sources.mic_process import MicProcess, told

ANSWER_S = 3.0
"""A sound system that has not answered by then stands still."""
RATE_HZ = 16_000
BLOCK_S = 0.02
"""Sound in a frame."""

NO_ANSWER = Problem(
    Kind.MICROPHONE,
    "The sound system does not answer",
    f"It did not say within {ANSWER_S:.0f} seconds what there is",
    "Restart it: systemctl --user restart pipewire pipewire-pulse pulseaudio",
)


async def survey() -> DeviceListing:
    """What there is.

    Raises:
        ProblemError: nothing can be had, and why.
    """
    try:
        async with asyncio.timeout(ANSWER_S), MicProcess(do="list") as process:
            said = json.loads(await process.read_all() or b"{}")
            if not said:
                raise ProblemError(await process.death())
    except TimeoutError as error:
        raise ProblemError(NO_ANSWER) from error
    if "problem" in said:
        raise ProblemError(told(said["problem"]))
    return DeviceListing.of_json(said)


async def levels(name: str) -> AsyncGenerator[Level, None]:
    """How loud a device is now, 50 times a second; the default one if the name is empty.

    Raises:
        ProblemError: it cannot be listened to.
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
                raise ProblemError(await process.death())
            for frame in frames:
                if frame.type is Type.TROUBLE:
                    raise ProblemError(told(json.loads(frame.payload)))
                if frame.type is Type.AUDIO:
                    process.acknowledge(frame.end)
                    yield measure(frame.payload)


async def sample(name: str, seconds: float) -> Level:
    """The loudest of a device in that time; see ``levels``."""
    wanted = round(Format(RATE_HZ).samples(seconds) / (RATE_HZ * BLOCK_S))
    heard: list[Level] = []
    async with aclosing(levels(name)) as blocks:
        async for level in blocks:
            heard.append(level)
            if len(heard) >= wanted:
                break
    return Level(
        max(level.rms_dbfs for level in heard),
        max(level.peak_dbfs for level in heard),
        any(level.is_clipped for level in heard),
    )
