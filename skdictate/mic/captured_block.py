"""What goes from the sound system to the rest: a piece of sound and when it was there."""

from __future__ import annotations

import queue
from dataclasses import dataclass

BLOCK_S = 0.02
"""Sound in a block: what speech codecs use."""


@dataclass(frozen=True, slots=True)
class CapturedBlock:
    """Interleaved s16le, as the device gave it."""

    data: bytes
    captured_ns: int
    """On the steady clock, when its last sample was there."""
    is_overrun: bool = False
    """The sound system dropped something before it."""


Blocks = queue.SimpleQueue[CapturedBlock | None]
"""None: no more will come."""
