"""What a container holds beside its sound: headers, tags, packets of nothing. It costs work too."""

from __future__ import annotations

from skdictate.server.decoder import DECODED_HZ, broken

FREE_PARTS = 2_000
"""A file may have so many before its first sound; those of the tests have fewer than ten."""
PARTS_PER_S = 100
"""And so many more for each second of sound: a page of another stream, say, in between."""
HEAD_PARTS = 100
"""A header that begins sound anew counts as so many: a decoder is made for it (0.1 ms)."""


class Overhead:
    """Counts the parts of one client's container that give no sound."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._n_parts = 0
        self._n_allowed: float = FREE_PARTS

    def part(self, weight: int = 1) -> None:
        """There was one more.

        Raises:
            RefusedError: there are too many for the sound that there was.
        """
        self._n_parts += weight
        if self._n_parts > self._n_allowed:
            raise broken(self._container, "there is too much in it that is no sound")

    def sound(self, pcm: bytes) -> bytes:
        """There was some sound; gives it back."""
        self._n_allowed += PARTS_PER_S * (len(pcm) // 2) / DECODED_HZ
        return pcm
