"""A dictation's end in figures; apart, since whoever shows them needs nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.repaired_ranges import Part
from skdictate.errors import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dictation ended."""

    n_lines: int
    n_gaps: int
    n_sessions: int
    audio_ms: int
    billed_s: int
    problem: Problem | None
    """What stood in the way at the end, if anything did."""
    repaired: tuple[Part, ...] = ()
    """Speech whose sound came better after it was recognised."""
