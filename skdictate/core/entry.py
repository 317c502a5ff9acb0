"""A line on its way into the transcript."""

from __future__ import annotations

from dataclasses import dataclass

from skdictate.core.changes import Line


@dataclass(slots=True, eq=False)
class Entry:
    """Its number is given when it is committed; until then it has its place, and may wait."""

    text: str
    start: int
    end: int
    link_id: int
    is_confirmed: bool = True
    is_refined: bool = False
    number: int = 0
    committed_s: float = 0.0
    is_settled: bool = False
    """No refinement is expected any more."""

    def line(self) -> Line:
        """What the rest of the program sees of it."""
        return Line(
            number=self.number,
            text=self.text,
            start_sample=self.start,
            end_sample=self.end,
            link_id=self.link_id,
            is_refined=self.is_refined,
            is_confirmed=self.is_confirmed,
        )
