"""The rule for replacing text by reprocessing: a text is never replaced by a gap."""

from __future__ import annotations

from skdictate.errors import Kind, Problem
from skdictate.library.draft import Draft
from skdictate.library.reprocess_ranges import ReprocessRange

UNANSWERED = Problem(
    Kind.NETWORK,
    "A part was not recognised",
    "The recogniser did not answer",
    "The old text is kept. Try again later.",
)
STOPPED = Problem(
    Kind.USAGE,
    "Stopped",
    "What was not finished is unchanged",
    "To continue, start it again.",
)
WORDLESS = Problem(
    Kind.RECOGNISER,
    "The recogniser found no words in this part",
    "The old text is kept",
    "Check the engine and the language.",
)


def objection(draft: Draft, stretch: ReprocessRange, problem: Problem) -> Problem | None:
    """Why the old text must stay; None if the new one may replace it.

    Args:
        draft: the new text of the range.
        stretch: the range with its old text.
        problem: returned if the draft has a gap where there was text.
    """
    if draft.unrecognised and (stretch.lines or not draft.lines):
        return problem
    if stretch.lines and not draft.lines:
        return WORDLESS
    return None
