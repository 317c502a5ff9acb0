"""Which sound of a dictation came better after it was heard; its text is then from worse sound."""

from __future__ import annotations

from dataclasses import dataclass, field

Part = tuple[int, int]
"""Samples ``[start, end)`` of the timeline."""


@dataclass(slots=True)
class RepairedRanges:
    """Parts of the timeline, in order and apart."""

    ranges: list[Part] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        """These samples are better now than when they were recognised; none if they are empty."""
        if start >= end:
            return
        apart = [part for part in self.ranges if part[1] < start or part[0] > end]
        touched = [part for part in self.ranges if part not in apart]
        first = min([start, *(part[0] for part in touched)])
        last = max([end, *(part[1] for part in touched)])
        self.ranges = sorted([*apart, (first, last)])
