"""Any sound as this program keeps it: one channel, the wanted rate, 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

Samples = np.ndarray[Any, np.dtype[np.float32]]
"""Frames by channels, from -1 to 1."""


class Converter:
    """Converts a stream block by block, without a seam."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._resampler = (
            None
            if from_hz == to_hz
            else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        )

    def convert(self, block: Samples, *, is_last: bool = False) -> bytes:
        """The next block as s16le mono; it may be shorter or longer for the resampler's memory."""
        mono = block.mean(axis=1) if block.ndim == 2 and block.shape[1] > 1 else block.reshape(-1)
        mono = np.ascontiguousarray(mono, dtype=np.float32)
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono, last=is_last)
        return np.clip(np.rint(mono * 32768), -32768, 32767).astype("<i2").tobytes()
