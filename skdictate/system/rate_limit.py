"""Lets no more through than can be worked through: whoever sends it has to wait."""

from __future__ import annotations

import asyncio


class RateLimit:
    """A bucket of so many units, filled at a rate; what costs more than is in it waits."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._level = burst
        self._at_s = asyncio.get_running_loop().time()

    async def passed(self, cost: float) -> None:
        """Something of that cost came through; wait until the next may."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        self._level = min(self._burst, self._level + (now_s - self._at_s) * self._per_s) - cost
        self._at_s = now_s
        if self._level < 0:
            await asyncio.sleep(-self._level / self._per_s)
