"""A dictation as the library keeps it; apart, since those who show one need not know how it is
stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from skdictate.core.changes import Gap, Line
from skdictate.core.findings import Finding


@dataclass(frozen=True, slots=True)
class DictationInfo:
    """What is known of a dictation when it begins."""

    engine: str
    api: str
    language: str
    source: str
    rate_hz: int
    recording: str
    """The file's name in the folder of recordings."""
    started_at: datetime
    keeps_audio: bool = True
    """Else the recording goes as soon as all of it is recognised."""


@dataclass(frozen=True, slots=True)
class StoredDictation:
    """A dictation as the library keeps it."""

    id: int
    about: DictationInfo
    state: str
    """``running``, ``done``, or ``incomplete`` where a gap is left."""
    ended_at: datetime | None
    n_samples: int
    billed_s: int
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...] = ()
    settled: int = 0
    """While it runs: everything before this sample has its lines and gaps."""

    @property
    def unrecognised(self) -> tuple[Gap, ...]:
        """The gaps whose sound was recorded."""
        return tuple(gap for gap in self.gaps if gap.reason.is_recorded)

    @property
    def text(self) -> str:
        """All lines as one text, in order."""
        return " ".join(line.text for line in self.lines)
