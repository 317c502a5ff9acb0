"""The last sentence of a dictation without a screen, where not all of it was recognised."""

from __future__ import annotations

from skdictate.errors import Problem
from skdictate.output.unfinished_text import length


def closing(
    name: str,
    rate_hz: int,
    n_missing: int,
    n_samples: int,
    problem: Problem | None,
    dictation_id: int | None,
) -> str:
    """What is left, why, and how to get it; empty if nothing is.

    Args:
        name: of the source.
        rate_hz: samples per second.
        n_missing: samples that are recorded and not recognised.
        n_samples: all that are recorded.
        problem: what stood in the way at the end.
        dictation_id: its number in the library, if it has one.
    """
    if not n_missing:
        return ""
    left, whole = (length(n, rate_hz) for n in (n_missing, n_samples))
    said = f"{name}: {left} of the {whole} that were heard are not recognised."
    if problem is not None:
        said += f" {problem.title}."
    if dictation_id is not None:
        said += f" To recognise them later: skdictate history redo {dictation_id}"
    return said
