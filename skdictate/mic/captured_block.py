"""A block of captured sound with its time, and the queue that carries such blocks."""

from __future__ import annotations

import queue
from dataclasses import dataclass

BLOCK_S = 0.02
"""Seconds in a block; the frame length of speech codecs."""


@dataclass(frozen=True, slots=True)
class CapturedBlock:
    """Interleaved samples (s16le) as the device delivered them."""

    data: bytes
    captured_ns: int
    """When the last sample was captured, in nanoseconds of the steady clock."""
    is_overrun: bool = False
    """Whether the sound system dropped samples before this block."""


Blocks = queue.SimpleQueue[CapturedBlock | None]
"""A None at the end."""
