"""Progress and result of reprocessing a dictation."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import Format
from skdictate.core.changes import Line
from skdictate.errors import Problem


@dataclass(frozen=True, slots=True)
class ReprocessProgress:
    """Progress, in samples of all ranges."""

    dictation_id: int
    n_done: int
    n_samples: int
    sound: Format
    phase: str
    """What is being done, in a word."""


@dataclass(frozen=True, slots=True)
class ReprocessReport:
    """The result."""

    dictation_id: int
    n_stretches: int
    n_replaced: int
    lines: tuple[Line, ...]
    """The new lines."""
    n_unrecognised: int
    """Number of samples of the dictation that are still not recognised."""
    problem: Problem | None
    """Why some ranges were not replaced."""
    has_sound: bool = True
    """Whether the recording still exists."""
