"""Maps positions of a sender's stream to the timeline, for samples that are repaired later."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 10_000
"""How many ranges are kept: there is one for each pause, gap or change of codec."""


@dataclass(frozen=True, slots=True)
class MappedRange:
    """A range of samples that is contiguous in the stream and on the timeline."""

    sample: int
    """The position in the stream."""
    place: int
    """The position on the timeline."""
    n_samples: int


class PositionMap:
    """Filled in the order of the stream, and queried in any order."""

    def __init__(self) -> None:
        self._stretches: deque[MappedRange] = deque(maxlen=MOST)

    def add(self, sample: int, place: int, n_samples: int) -> None:
        """Note that samples of the stream were put at a place on the timeline."""
        last = self._stretches[-1] if self._stretches else None
        if last and (sample, place) == (last.sample + last.n_samples, last.place + last.n_samples):
            self._stretches.pop()
            sample, place, n_samples = last.sample, last.place, last.n_samples + n_samples
        self._stretches.append(MappedRange(sample, place, n_samples))

    def n_after(self, sample: int) -> int:
        """How many samples of the stream from this one on are on the timeline."""
        return sum(
            it.sample + it.n_samples - max(sample, it.sample)
            for it in self._stretches
            if it.sample + it.n_samples > sample
        )

    def find(self, sample: int, n_samples: int) -> Iterator[MappedRange]:
        """The parts of a range of the stream that are on the timeline."""
        for it in self._stretches:
            start = max(sample, it.sample)
            end = min(sample + n_samples, it.sample + it.n_samples)
            if start < end:
                yield MappedRange(start, it.place + start - it.sample, end - start)
