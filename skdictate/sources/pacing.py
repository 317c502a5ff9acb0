"""Paces blocks like a microphone, or a number of times faster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

BEHIND_S = 0.2
"""Seconds. A pace that fell behind by more continues from now, as after a pause."""


@dataclass
class Pace:
    """``speed`` is how many times faster than spoken; 0 is as fast as possible."""

    speed: float
    _due_s: float | None = None

    async def after(self, duration_s: float) -> None:
        """Wait until a block of that many seconds has been spoken."""
        if not self.speed:
            await asyncio.sleep(0)
            return
        now_s = asyncio.get_running_loop().time()
        begun_s = now_s if self._due_s is None else max(self._due_s, now_s - BEHIND_S)
        self._due_s = begun_s + duration_s / self.speed
        await asyncio.sleep(max(0.0, self._due_s - now_s))
