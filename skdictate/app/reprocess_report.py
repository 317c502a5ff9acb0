"""How far it is, and what came of it; apart, since whoever shows that does nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.audio.pcm import Format
from skdictate.core.changes import Line
from skdictate.errors import Problem


@dataclass(frozen=True, slots=True)
class ReprocessProgress:
    """How far it is, in samples of all that is to be heard."""

    dictation_id: int
    n_done: int
    n_samples: int
    sound: Format
    phase: str
    """What it does, in a word."""


@dataclass(frozen=True, slots=True)
class ReprocessReport:
    """What came of it."""

    dictation_id: int
    n_stretches: int
    n_replaced: int
    lines: tuple[Line, ...]
    """The new ones."""
    n_unrecognised: int
    """Samples of the dictation that are still not recognised."""
    problem: Problem | None
    """Why not all of it was replaced."""
    has_sound: bool = True
    """The recording is still there."""
