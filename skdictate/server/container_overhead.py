"""Limits what a container may hold besides audio (headers, tags, empty packets).

It costs work too.
"""

from __future__ import annotations

from skdictate.server.decoder import DECODED_HZ, malformed

FREE_PARTS = 2_000
"""A file may have this many parts before its first sound; usual files have fewer than ten."""
PARTS_PER_S = 100
"""This many more for each second of sound, for example interleaved pages of another stream."""
HEAD_PARTS = 100
"""The weight of a header that starts a new stream: creating its decoder takes 0.1 ms."""


class Overhead:
    """Counts the parts of one client's container that yield no sound."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._n_parts = 0
        self._n_allowed: float = FREE_PARTS

    def add_part(self, weight: int = 1) -> None:
        """Count one part of the given weight.

        Raises:
            RefusedError: there are too many parts for the sound so far.
        """
        self._n_parts += weight
        if self._n_parts > self._n_allowed:
            raise malformed(self._container, "it contains too much data that is not sound")

    def sound(self, pcm: bytes) -> bytes:
        """Count decoded samples (s16le), which allow for more parts, and return them."""
        self._n_allowed += PARTS_PER_S * (len(pcm) // 2) / DECODED_HZ
        return pcm
