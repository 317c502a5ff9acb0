"""Gets a connection where a try may hang: others are made beside it, and the first that stands is
taken. Nothing is said on it before, so that a try costs nothing."""

from __future__ import annotations

import asyncio
import random

from skdictate.speechkit.shared_channel import SharedChannel

AGAIN_S = 0.6
"""A network that has just come back does not tell those who asked before, so another try is made as
often as that, by so much more or less that nobody asks in step with others. It is a few packets,
and no session."""
JITTER = 0.1
MOST = 6
"""Tries at a time; the first keeps its place, for a way may be slow, and others make room."""


async def dial(line: SharedChannel) -> SharedChannel:
    """The line, if it comes to stand or fails; or another to the same place that stands sooner."""
    tries = {asyncio.create_task(line.settled()): line}
    try:
        while True:
            again_s = AGAIN_S * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            done, _ = await asyncio.wait(
                tries, timeout=again_s, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                settled = tries.pop(task)
                if task.result() or not tries:
                    return settled
                await settled.give_up()
            if not done:
                if len(tries) == MOST:
                    await _stop({task: tries.pop(task) for task in list(tries)[1:2]})
                another = SharedChannel(line.endpoint)
                tries[asyncio.create_task(another.settled())] = another
    finally:
        await _stop(tries)


async def _stop(tries: dict[asyncio.Task[bool], SharedChannel]) -> None:
    """They are not needed any more."""
    for task in tries:
        task.cancel()
    await asyncio.gather(*tries, return_exceptions=True)
    for hanging in tries.values():
        await hanging.give_up()
