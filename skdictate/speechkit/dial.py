"""Gets a connection where a try may hang: others are made beside it, and the first that stands is
taken. Nothing is said on it before, so that a try costs nothing."""

from __future__ import annotations

import asyncio

from skdictate.speechkit.line import Line

AGAIN_S = 2.0
"""A network that has just come back does not tell those who asked before."""
MOST = 6
"""Tries at a time."""


async def dial(line: Line) -> Line:
    """The line, if it comes to stand or fails; or another to the same place that stands sooner."""
    tries = {asyncio.create_task(line.settled()): line}
    try:
        while True:
            done, _ = await asyncio.wait(
                tries, timeout=AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                settled = tries.pop(task)
                if task.result() or not tries:
                    return settled
                await settled.give_up()
            if not done and len(tries) < MOST:
                another = Line(line.endpoint)
                tries[asyncio.create_task(another.settled())] = another
    finally:
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)
        for hanging in tries.values():
            await hanging.give_up()
