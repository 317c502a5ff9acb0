"""The transcript: lines and gaps in the order of the timeline, then the partial."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from skdictate.core.changes import (
    Change,
    Gap,
    GapMarked,
    LineCommitted,
    LineRefined,
    LineSettled,
    PartialChanged,
)
from skdictate.core.pending_line import PendingLine
from skdictate.core.stable_prefix import StablePrefix

REFINEMENT_WAIT_S = 3.0
"""How long a line waits for its refinement. The service sends one with the same utterance, and none
at all for languages that it does not refine."""


class Transcript:
    """Numbers the committed lines, and reports every change of the text in ``changes``."""

    def __init__(self, *, refines: bool) -> None:
        self.n_lines = 0
        self.changes: list[Change] = []
        self._refines = refines
        self._unsettled: deque[PendingLine] = deque()
        self._end = 0
        self._stable_prefix = StablePrefix()
        self._partial = ""

    def commit(self, entry: PendingLine, now_s: float) -> None:
        """Append a line, give it the next number, and move its start after the last one's end."""
        self.n_lines += 1
        entry.number = self.n_lines
        entry.committed_s = now_s
        entry.start = max(entry.start, self._end)
        self._end = entry.end = max(entry.start, entry.end)
        self._unsettled.append(entry)
        self.changes.append(LineCommitted(entry.line()))
        if not self._refines or entry.is_refined or not entry.is_confirmed:
            entry.is_settled = True
        self._flush()

    def refine(self, entry: PendingLine, text: str) -> None:
        """Replace the text of a line, committed or still held."""
        entry.text = text
        entry.is_refined = True
        if entry.number:
            self.changes.append(LineRefined(entry.line()))
            entry.is_settled = True
            self._flush()

    def settle(self, session_number: int, until: int | None = None) -> None:
        """Expect no more refinements for a session's lines that end at or before ``until``.

        None for all its lines.
        """
        for entry in self._unsettled:
            if entry.session_number == session_number and (until is None or entry.end <= until):
                entry.is_settled = True
        self._flush()

    def settle_overdue(self, now_s: float) -> None:
        """Settle the lines that have waited ``REFINEMENT_WAIT_S`` for a refinement."""
        for entry in self._unsettled:
            if now_s - entry.committed_s >= REFINEMENT_WAIT_S:
                entry.is_settled = True
        self._flush()

    @property
    def next_deadline_s(self) -> float | None:
        """When ``settle_overdue`` must be called next; None if no line waits."""
        if not self._unsettled:
            return None
        return self._unsettled[0].committed_s + REFINEMENT_WAIT_S

    def add_gap(self, gap: Gap) -> None:
        """Append the part of a gap that lies after the last line; nothing if there is none."""
        start = max(gap.start_sample, self._end)
        if start < gap.end_sample:
            self.changes.append(GapMarked(replace(gap, start_sample=start)))

    def set_partial(self, text: str, now_s: float) -> None:
        """Replace the partial: the text after the last line that may still change."""
        if text != self._partial:
            self._partial = text
            self.changes.append(PartialChanged(*self._stable_prefix.split(text, now_s)))

    def _flush(self) -> None:
        while self._unsettled and self._unsettled[0].is_settled:
            self.changes.append(LineSettled(self._unsettled.popleft().line()))
