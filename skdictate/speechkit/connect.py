"""Connects although attempts may hang.

Starts further attempts in parallel and keeps the first success. An attempt sends no request, so it
costs nothing.
"""

from __future__ import annotations

import asyncio
import random

from skdictate.speechkit.shared_channel import SharedChannel

RETRY_S = 0.6
"""Seconds between attempts. After a network outage old attempts may hang although a new one would
succeed at once. An attempt takes a few packets and no session."""
JITTER = 0.1
"""Varies the interval at random by this fraction, so that clients do not attempt in step."""
MOST_ATTEMPTS = 6
"""Attempts at a time. The first is kept, for the network may just be slow; others are replaced."""


async def connect(channel: SharedChannel) -> SharedChannel:
    """Return ``channel`` once it is connected or has failed, or one that connects sooner."""
    attempts = {asyncio.create_task(channel.settled()): channel}
    try:
        while True:
            retry_s = RETRY_S * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            done, _ = await asyncio.wait(
                attempts, timeout=retry_s, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                settled = attempts.pop(task)
                if task.result() or not attempts:
                    return settled
                await settled.give_up()
            if not done:
                if len(attempts) == MOST_ATTEMPTS:
                    await _stop({task: attempts.pop(task) for task in list(attempts)[1:2]})
                another = SharedChannel(channel.endpoint)
                attempts[asyncio.create_task(another.settled())] = another
    finally:
        await _stop(attempts)


async def _stop(attempts: dict[asyncio.Task[bool], SharedChannel]) -> None:
    """Cancel attempts and close their channels."""
    for task in attempts:
        task.cancel()
    await asyncio.gather(*attempts, return_exceptions=True)
    for hanging in attempts.values():
        await hanging.give_up()
