"""What a recogniser makes of a stretch that it hears again, until it takes the old text's place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from skdictate.core.changes import (
    Change,
    FindingMade,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    Reason,
    SessionChanged,
    Settled,
)
from skdictate.core.findings import Finding


@dataclass
class Draft:
    """Lines, gaps and the rest, as they come. Positions are those of the dictation."""

    first_session: int = 0
    """Links of the dictation so far: those of the draft are numbered after them."""
    lines: dict[int, Line] = field(default_factory=dict)
    """As they were committed, by their number in the draft."""
    refined: dict[int, str] = field(default_factory=dict)
    """Better words for some of them."""
    gaps: list[Gap] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sessions: dict[int, SessionChanged] = field(default_factory=dict)
    settled: int = 0
    """Everything before this has its lines and gaps."""

    def apply(self, change: Change) -> None:
        """Something has become of it."""
        match change:
            case LineCommitted(line):
                self.lines[line.number] = replace(
                    line, session_number=self.first_session + line.session_number
                )
            case LineRefined(line):
                self.refined[line.number] = line.text
            case GapMarked(gap):
                self.gaps.append(gap)
            case FindingMade(finding):
                shifted = self.first_session + finding.session_number
                self.findings.append(replace(finding, session_number=shifted))
            case SessionChanged(session_number):
                shifted = self.first_session + session_number
                self.sessions[shifted] = replace(change, session_number=shifted)
            case Settled(end_sample):
                self.settled = end_sample

    def complete(self, heard: int, end_sample: int) -> None:
        """It was to reach to the end, and was heard only so far: the rest is a gap as before."""
        if heard >= end_sample:
            return
        last = self.gaps[-1] if self.gaps else None
        if last is not None and last.end_sample == heard and last.reason.is_recorded:
            self.gaps[-1] = replace(last, end_sample=end_sample)
        else:
            self.gaps.append(Gap(heard, end_sample, Reason.UNRECOGNISED))

    @property
    def texts(self) -> list[str]:
        """The lines as they are read."""
        return [self.refined.get(number, line.text) for number, line in self.lines.items()]

    @property
    def unrecognised(self) -> list[Gap]:
        """What was not answered for this time either."""
        return [gap for gap in self.gaps if gap.reason.is_recorded]
