"""Short notes about a line of text, made from SpeechKit's findings.

A finding may arrive before or after the line that it is about.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from skdictate.core.changes import Line
from skdictate.core.findings import Classified, Finding, Labelled, Window

KINDS = (Labelled.kind, Classified.kind)
"""Kinds of findings about a single line."""
MOST_LINES = 500
"""Newest lines that are kept to match findings with; a finding is about its own session."""
MOST_WAITING = 1_000
"""Findings kept until their line comes; some are about words that are never committed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One note about a line."""

    subject: str
    """What it is about; a line has one mark per subject."""
    words: str
    is_guess: bool = False
    """Whether it is about partial text; a mark about final text replaces it."""


@dataclass(slots=True)
class LineMarks:
    """The marks of one dictation's lines."""

    _lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    _waiting: list[Finding] = field(default_factory=list)
    _marks: dict[int, dict[str, Mark]] = field(default_factory=dict)

    def found(self, finding: Finding) -> int | None:
        """Add a finding.

        Returns:
            Number of the line whose marks have changed, or None.
        """
        if finding.kind not in KINDS:
            return None
        line = self._line_of(finding)
        if line is None:
            self._waiting = [*self._waiting[1 - MOST_WAITING :], finding]
            return None
        self._mark(line, finding)
        return line.number

    def committed(self, line: Line) -> None:
        """Add a line; findings that were waiting for it become its marks."""
        self._lines.append(line)
        for finding in self._waiting:
            if _overlap(line, finding) > 0:
                self._mark(line, finding)
        self._waiting = [it for it in self._waiting if it.start_sample >= line.end_sample]

    def words(self, number: int) -> str:
        """All marks of a line in order of arrival, as text; empty if there are none."""
        return " · ".join(mark.words for mark in self._marks.get(number, {}).values())

    def _line_of(self, finding: Finding) -> Line | None:
        """The line that overlaps the finding most."""
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
    """A finding as a short mark; of several labels only the most likely one."""
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
    """Length of the overlap in samples; negative or 0 if there is none."""
    end = min(line.end_sample, finding.end_sample)
    return end - max(line.start_sample, finding.start_sample)
