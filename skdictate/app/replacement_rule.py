"""Whether a new text may take the place of the old; apart, since the rule should be read at a
glance: a text is never given up for a gap."""

from __future__ import annotations

from skdictate.errors import Kind, Problem
from skdictate.library.draft import Draft
from skdictate.library.reprocess_ranges import ReprocessRange

UNANSWERED = Problem(
    Kind.NETWORK,
    "Not all of it was recognised",
    "The recogniser did not answer for a stretch",
    "Nothing is lost; try again later.",
)
STOPPED = Problem(
    Kind.USAGE,
    "It was stopped",
    "What was not heard by then is as it was",
    "Nothing is lost; try again whenever you like.",
)
WORDLESS = Problem(
    Kind.RECOGNISER,
    "The recogniser heard no words there",
    "The text is as it was",
    "Check the engine and the language.",
)


def objection(draft: Draft, stretch: ReprocessRange, problem: Problem) -> Problem | None:
    """Why the old had better stay; ``problem`` is why some of it was not heard, if that is so."""
    if draft.unrecognised and (stretch.lines or not draft.lines):
        return problem
    if stretch.lines and not draft.lines:
        return WORDLESS
    return None
