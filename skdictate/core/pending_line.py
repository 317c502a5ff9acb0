"""A line on its way into the transcript."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.changes import Line
from skdictate.core.placed_words import PlacedWord


@dataclass(slots=True, eq=False)
class PendingLine:
    """Its number is given when it is committed; until then it has its place, and may wait."""

    text: str
    start: int
    end: int
    session_number: int
    first: int = -1
    """Where the audio of its session begins; -1 if nobody knows."""
    is_confirmed: bool = True
    is_refined: bool = False
    number: int = 0
    committed_s: float = 0.0
    is_settled: bool = False
    """No refinement is expected any more."""
    words: tuple[PlacedWord, ...] = ()
    """Of which it consists, and then those that were left to the next session."""
    is_trimmed: bool = False
    """Words at its beginning or end stand elsewhere: a refinement would bring them back."""

    @property
    def kept(self) -> tuple[PlacedWord, ...]:
        """The words of which it consists."""
        return tuple(word for word in self.words if word.is_kept)

    def trim(self, n_old: int) -> None:
        """Take words away at the beginning, which were given before."""
        words = self.kept[n_old:]
        self.text = " ".join(word.text for word in words)
        self.is_trimmed = True
        if words:
            # No later than the first word may begin; a line before it, if there is one, decides.
            self.start = max(self.start, min(words[0].start - words[0].doubt, self.end))

    def line(self) -> Line:
        """What the rest of the program sees of it."""
        return Line(
            number=self.number,
            text=self.text,
            start_sample=self.start,
            end_sample=self.end,
            session_number=self.session_number,
            is_refined=self.is_refined,
            is_confirmed=self.is_confirmed,
        )
