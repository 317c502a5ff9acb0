"""What became of the numbers: each committed once, in order and in its place, or in a gap."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from skdictate.core.changes import Reason
from skdictate.library.stored_dictation import StoredDictation
from tests.faults.numbers import Script

OFF_S = 0.05
"""How far a time may be from the truth."""


@dataclass
class Verdict:
    """Numbers, by what became of them."""

    n_words: int = 0
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    disordered: list[int] = field(default_factory=list)
    in_gaps: list[int] = field(default_factory=list)
    n_gaps: int = 0
    most_times: int = 0
    """That one number was told."""
    off_s: float = 0.0
    """The worst error of a line's times."""

    @property
    def is_well(self) -> bool:
        """Nothing is lost, doubled, cut or out of order, and the times are true."""
        return not (self.lost or self.doubled or self.cut or self.disordered) and (
            self.off_s <= OFF_S
        )


def judge(kept: StoredDictation, script: Script) -> Verdict:
    """Hold what was kept against what was said."""
    said = [word for word in script.words if word.end <= kept.n_samples]
    verdict = Verdict(n_words=len(said), n_gaps=len(kept.gaps))
    seen: list[int] = []
    for line in kept.lines:
        words = line.text.split()
        verdict.cut += [word for word in words if word.startswith("~")]
        numbers = [int(word) for word in words if not word.startswith("~")]
        seen += numbers
        if numbers and not verdict.cut:
            first, last = script.words[numbers[0] - 1], script.words[numbers[-1] - 1]
            off = max(abs(line.start_sample - first.start), line.end_sample - last.end)
            off = max(off, last.end - line.end_sample)
            verdict.off_s = max(verdict.off_s, script.sound.seconds(off))
    verdict.disordered = [after for before, after in pairwise(seen) if after < before]
    told = Counter(seen)
    verdict.most_times = max(told.values(), default=0)
    verdict.doubled = sorted(number for number, n in told.items() if n > 1)
    for word in said:
        if word.number in told:
            continue
        is_in_gap = any(
            gap.start_sample < word.end and word.start < gap.end_sample for gap in kept.gaps
        )
        (verdict.in_gaps if is_in_gap else verdict.lost).append(word.number)
    return verdict


def is_recognisable(kept: StoredDictation) -> bool:
    """All gaps are of sound that was recorded, and could be sent again."""
    return all(gap.reason is Reason.UNRECOGNISED for gap in kept.gaps)
