"""Where the samples of a stream lie on the timeline, for those that may come again, better."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 10_000
"""Stretches that are remembered: one for each pause, gap or change of codec."""


@dataclass(frozen=True, slots=True)
class MappedRange:
    """Samples that lie side by side in both."""

    sample: int
    """Position in the stream."""
    place: int
    """Position on the timeline."""
    n_samples: int


class PositionMap:
    """Filled in the order of the stream, and asked in any."""

    def __init__(self) -> None:
        self._stretches: deque[MappedRange] = deque(maxlen=MOST)

    def add(self, sample: int, place: int, n_samples: int) -> None:
        """These were put there."""
        last = self._stretches[-1] if self._stretches else None
        if last and (sample, place) == (last.sample + last.n_samples, last.place + last.n_samples):
            self._stretches.pop()
            sample, place, n_samples = last.sample, last.place, last.n_samples + n_samples
        self._stretches.append(MappedRange(sample, place, n_samples))

    def n_after(self, sample: int) -> int:
        """How many samples of the stream from there on lie somewhere."""
        return sum(
            it.sample + it.n_samples - max(sample, it.sample)
            for it in self._stretches
            if it.sample + it.n_samples > sample
        )

    def find(self, sample: int, n_samples: int) -> Iterator[MappedRange]:
        """The parts of a stretch of the stream that lie somewhere."""
        for it in self._stretches:
            start = max(sample, it.sample)
            end = min(sample + n_samples, it.sample + it.n_samples)
            if start < end:
                yield MappedRange(start, it.place + start - it.sample, end - start)
