"""A word that a session gave for good, and where: what the next session is held against."""

from __future__ import annotations

from dataclasses import dataclass, replace

NOWHERE = 10**15
"""The doubt about a word of which no place is known at all; longer than any dictation."""
MARKS = ".,;:!?…\"'«»„“”()-–—"
"""Of punctuation."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """Positions are samples on the timeline."""

    text: str
    start: int
    end: int
    doubt: int = 0
    """How far off its place may be, beyond what times of a recogniser usually are."""
    is_kept: bool = True
    """It stands in the transcript; else it was left to the next session."""

    @property
    def middle(self) -> int:
        """Where it is, in one number."""
        return (self.start + self.end) // 2

    @property
    def key(self) -> str:
        """What two readings of the same word have in common, however each is punctuated."""
        return self.text.casefold().strip(MARKS) or self.text

    def left(self) -> PlacedWord:
        """The same, not kept."""
        return replace(self, is_kept=False)


def spread(text: str, start: int, end: int, doubt: int) -> list[PlacedWord]:
    """The words of a text of which only the place of the whole is known: each has its share."""
    words = text.split()
    edges = [start + (end - start) * n // max(1, len(words)) for n in range(len(words) + 1)]
    return [PlacedWord(word, edges[n], edges[n + 1], doubt) for n, word in enumerate(words)]


def between(text: str, start: int, end: int, doubt: int) -> list[PlacedWord]:
    """The same, where that place is known well: the first word and the last one are there."""
    return [
        replace(word, doubt=min(doubt, word.start - start, end - word.end))
        for word in spread(text, start, end, doubt)
    ]
