"""Raw sound: signed 16-bit little-endian mono (s16le), with positions counted in samples."""

from __future__ import annotations

import math
import sys
from array import array
from dataclasses import dataclass
from operator import mul

BYTES_PER_SAMPLE = 2
FULL_SCALE = 32768
SILENCE_DBFS = -96.0
"""The level of digital silence: the dynamic range of 16 bits is 96 dB."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a stream: s16le mono at a rate."""

    rate_hz: int

    def samples(self, duration_s: float) -> int:
        """Whole samples in a time, rounded to the nearest."""
        return round(duration_s * self.rate_hz)

    def samples_of_ms(self, duration_ms: int) -> int:
        """Whole samples in a time, rounded down."""
        return duration_ms * self.rate_hz // 1000

    def seconds(self, n_samples: int) -> float:
        """The time that many samples last."""
        return n_samples / self.rate_hz

    def ms(self, n_samples: int) -> int:
        """The time that many samples last, in whole milliseconds, rounded down."""
        return n_samples * 1000 // self.rate_hz

    def size_bytes(self, n_samples: int) -> int:
        """The bytes that many samples occupy."""
        return n_samples * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a block is, in dB below full scale."""

    rms_dbfs: float = SILENCE_DBFS
    peak_dbfs: float = SILENCE_DBFS
    is_clipped: bool = False
    """At least one sample stands at full scale."""


def measure(pcm: bytes) -> Level:
    """The level of a block of s16le samples; that of silence if it is empty."""
    block = array("h", pcm)
    if sys.byteorder == "big":  # pragma: no cover - no such machine in the tests
        block.byteswap()
    if not block:
        return Level()
    peak = max(max(block), -min(block))
    power = sum(map(mul, block, block)) / len(block)
    return Level(
        rms_dbfs=dbfs(math.sqrt(power)),
        peak_dbfs=dbfs(peak),
        is_clipped=peak >= FULL_SCALE - 1,
    )


def dbfs(amplitude: float) -> float:
    """An amplitude of 0 to 32768 as dB below full scale, no lower than ``SILENCE_DBFS``."""
    if amplitude <= 0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20 * math.log10(amplitude / FULL_SCALE))
