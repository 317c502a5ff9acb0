"""Converts sound to one channel of 16-bit samples at the wanted rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

Samples = np.ndarray[Any, np.dtype[np.float32]]
"""Frames by channels, from -1 to 1."""
_FULL = np.float32(32768)


class Converter:
    """Converts a stream block by block, without a seam."""

    def __init__(self, from_hz: int, to_hz: int, n_channels: int = 1) -> None:
        self._n_channels = n_channels
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
        pcm: bytes = np.clip(np.rint(mono * _FULL), -32768, 32767).astype("<i2").tobytes()
        return pcm

    def convert_pcm(self, pcm: bytes, channel: int = 0, *, is_last: bool = False) -> bytes:
        """Convert interleaved s16le; ``channel`` counts from 1, and 0 mixes all channels."""
        frames = np.frombuffer(pcm, dtype="<i2").reshape(-1, self._n_channels)
        if channel:
            frames = frames[:, [min(channel, self._n_channels) - 1]]
        return self.convert(frames.astype(np.float32) / _FULL, is_last=is_last)
