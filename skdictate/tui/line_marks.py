"""What was found of a line: said beside it, whichever of the two came first."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from skdictate.core.changes import Line
from skdictate.core.findings import Classified, Finding, Labelled, Window

KINDS = (Labelled.kind, Classified.kind)
"""What is about the words of a line; everything else is about more than one."""
MOST_LINES = 500
"""The newest ones; a finding is about words of its own session."""
MOST_WAITING = 1_000
"""Findings without a line; of words that are never committed there can be many."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A few words about a line."""

    subject: str
    """There is one for each subject."""
    words: str
    is_guess: bool = False
    """About words that could still change; it gives way to what is said of them in the end."""


@dataclass(slots=True)
class LineMarks:
    """Those of one dictation. Lines come in their order; findings may be early or late."""

    _lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    _waiting: list[Finding] = field(default_factory=list)
    _marks: dict[int, dict[str, Mark]] = field(default_factory=dict)

    def found(self, finding: Finding) -> int | None:
        """The number of the line that has another mark now, if one has."""
        if finding.kind not in KINDS:
            return None
        line = self._line_of(finding)
        if line is None:
            self._waiting = [*self._waiting[1 - MOST_WAITING :], finding]
            return None
        self._mark(line, finding)
        return line.number

    def committed(self, line: Line) -> None:
        """A line was added; what was found of it before is its own now."""
        self._lines.append(line)
        for finding in self._waiting:
            if _overlap(line, finding) > 0:
                self._mark(line, finding)
        self._waiting = [it for it in self._waiting if it.start_sample >= line.end_sample]

    def words(self, number: int) -> str:
        """All marks of a line, in the order in which they came; empty for none."""
        return " · ".join(mark.words for mark in self._marks.get(number, {}).values())

    def _line_of(self, finding: Finding) -> Line | None:
        """The one that most of the finding is about."""
        best: Line | None = None
        for line in reversed(self._lines):
            if line.end_sample <= finding.start_sample:
                break
            if _overlap(line, finding) > (_overlap(best, finding) if best else 0):
                best = line
        return best

    def _mark(self, line: Line, finding: Finding) -> None:
        marks = self._marks.setdefault(line.number, {})
        mark = marked(finding)
        old = marks.get(mark.subject)
        if mark.words and (old is None or old.is_guess or not mark.is_guess):
            marks[mark.subject] = mark


def marked(finding: Finding) -> Mark:
    """A finding about a line in as few words as will do: of labels only the likeliest."""
    data: dict[str, Any] = json.loads(finding.data)
    if finding.kind == Labelled.kind:
        who = [f"speaker {data['speaker']}"] if data["speaker"] else []
        return Mark("labels", ", ".join([*who, *_likeliest(data["languages"])]))
    likeliest = "".join(_likeliest(data["labels"]))
    phrases = ", ".join(phrase["text"] for phrase in data["phrases"] if phrase["text"])
    words = f"{data['classifier']}: {likeliest}" if likeliest else ""
    is_guess = data["window"] == Window.PARTIAL
    return Mark(
        data["classifier"], words + (f" ({phrases})" if words and phrases else ""), is_guess
    )


def _likeliest(labels: list[dict[str, Any]]) -> list[str]:
    best = max(labels, key=lambda label: float(label["score"]), default=None)
    return [] if best is None else [f"{best['name']} {best['score']:.0%}"]


def _overlap(line: Line, finding: Finding) -> int:
    """Samples that both are about."""
    end = min(line.end_sample, finding.end_sample)
    return end - max(line.start_sample, finding.start_sample)
