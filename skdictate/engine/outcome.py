"""How a dictation ended, in figures; separate, so that displays need not import the engine."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.repaired_ranges import Part
from skdictate.errors import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dictation ended: counts, milliseconds of audio, and billed seconds."""

    n_lines: int
    n_gaps: int
    n_sessions: int
    audio_ms: int
    billed_s: int
    problem: Problem | None
    """The problem that remained at the end, if any."""
    repaired: tuple[Part, ...] = ()
    """Ranges of samples with speech whose sound was repaired after it was recognised."""
