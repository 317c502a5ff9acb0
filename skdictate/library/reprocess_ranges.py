"""Which stretches of an old dictation are recognised again, as the user chose them.

A line is taken whole or not at all, with the silence around it up to the middle of the pause: there
a cut is surest to hit no word. A gap is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line
from skdictate.core.repaired_ranges import Part


@dataclass(frozen=True, slots=True)
class ReprocessRange:
    """Samples ``[start, end)``, and what lies there."""

    start: int
    end: int
    lines: tuple[Line, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """Those whose sound was recorded; others stay, whatever is heard there."""

    @property
    def n_samples(self) -> int:
        """Its length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class TextSelection:
    """What a dictation consists of."""

    lines: Sequence[Line]
    gaps: Sequence[Gap]
    n_samples: int
    """Of its recording."""
    sound: Format

    def missing(self) -> list[ReprocessRange]:
        """Each gap whose sound was recorded; neighbours are one."""
        stretches: list[ReprocessRange] = []
        for gap in self._recorded():
            end = min(gap.end_sample, self.n_samples)
            if gap.start_sample >= end:
                continue
            last = stretches[-1] if stretches else None
            if last is not None and gap.start_sample <= last.end:
                stretches[-1] = ReprocessRange(
                    last.start, max(last.end, end), (), (*last.gaps, gap)
                )
            else:
                stretches.append(ReprocessRange(gap.start_sample, end, (), (gap,)))
        return stretches

    def numbered(self, first: int, last: int) -> list[ReprocessRange]:
        """The lines with these numbers, and gaps between them; empty if there are none."""
        chosen = [line for line in self.lines if first <= line.number <= last]
        if not chosen:
            return []
        return self._around(chosen[0].start_sample, chosen[-1].end_sample, chosen)

    def between(self, start: int, end: int) -> list[ReprocessRange]:
        """What lies there, even in part; empty if that is beyond the recording."""
        start, end = max(0, start), min(end, self.n_samples)
        if start >= end:
            return []
        chosen = [it for it in self.lines if it.start_sample < end and it.end_sample > start]
        return self._around(start, end, chosen)

    def parts(self, parts: Iterable[Part]) -> list[ReprocessRange]:
        """The same for several, in order; those that meet in a line are one."""
        stretches: list[ReprocessRange] = []
        for start, end in parts:
            found = self.between(start, end)
            while found and stretches and found[0].start < stretches[-1].end:
                before = stretches.pop()
                found = self.between(before.start, max(before.end, found[0].end))
            stretches += found
        return stretches

    def between_s(self, start_s: float, end_s: float) -> list[ReprocessRange]:
        """The same by times; the end may be infinite."""
        start, end = (min(it, self.sound.seconds(self.n_samples)) for it in (start_s, end_s))
        return self.between(self.sound.samples(start), self.sound.samples(end))

    def whole(self) -> list[ReprocessRange]:
        """All of it; empty if there is no sound."""
        if not self.n_samples:
            return []
        return [ReprocessRange(0, self.n_samples, tuple(self.lines), tuple(self._recorded()))]

    def _around(self, start: int, end: int, lines: Sequence[Line]) -> list[ReprocessRange]:
        """These lines and all that lies there besides, from pause to pause."""
        gaps = [it for it in self._recorded() if it.start_sample < end and it.end_sample > start]
        taken: list[Line | Gap] = [*lines, *gaps]
        start = min([start, *(it.start_sample for it in taken)])
        end = max([end, *(it.end_sample for it in taken)])
        items: list[Line | Gap] = [*self.lines, *self.gaps]
        others = [it for it in items if it not in taken]
        if lines and lines[0].start_sample == start:
            start = self._pause_before(start, others)
        if lines and lines[-1].end_sample == end:
            end = self._pause_after(end, others)
        end = min(end, self.n_samples)
        return [ReprocessRange(start, end, tuple(lines), tuple(gaps))] if start < end else []

    def _pause_before(self, start: int, others: Iterable[Line | Gap]) -> int:
        """Where the sound of a line begins: nothing else is heard from there on."""
        earlier = [it for it in others if it.end_sample <= start]
        last = max(earlier, key=lambda it: it.end_sample, default=None)
        if last is None:
            return 0
        return last.end_sample if isinstance(last, Gap) else (last.end_sample + start) // 2

    def _pause_after(self, end: int, others: Iterable[Line | Gap]) -> int:
        """Where the sound of a line ends."""
        later = [it for it in others if it.start_sample >= end]
        first = min(later, key=lambda it: it.start_sample, default=None)
        if first is None:
            return self.n_samples
        return first.start_sample if isinstance(first, Gap) else (end + first.start_sample) // 2

    def _recorded(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.reason.is_recorded]
