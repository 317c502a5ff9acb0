"""The last sentence of a headless dictation of which a part was not recognised."""

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
    """How much is not recognised, why, and how to get it; empty if everything is.

    Args:
        name: name of the source.
        rate_hz: sample rate.
        n_missing: number of recorded samples that are not recognised.
        n_samples: number of all recorded samples.
        problem: the problem at the end of the dictation, if any.
        dictation_id: number of the dictation in the library, if it has one.
    """
    if not n_missing:
        return ""
    left, whole = (length(n, rate_hz) for n in (n_missing, n_samples))
    text = f"{name}: {left} of {whole} recorded are not recognised."
    if problem is not None:
        text += f" {problem.title}."
    if dictation_id is not None:
        text += f" To recognise them later: skdictate history redo {dictation_id}"
    return text
