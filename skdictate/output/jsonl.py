"""The format JSON lines. Programs rely on its fields, so they must not change."""

from __future__ import annotations

import json
from typing import Any

from skdictate.core.changes import (
    Change,
    FindingMade,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    Noticed,
    PartialChanged,
    ProblemRaised,
    SessionChanged,
)
from skdictate.core.findings import Finding
from skdictate.output.plain_text import TextFormat

VERSION = 1
"""Value of the field ``v``; increased when a field changes its meaning."""


class JsonFormat(TextFormat):
    """One JSON object per line, ASCII only; the manual lists the fields."""

    def change(self, change: Change) -> str:
        """An object for the change; empty for changes that are not reported."""
        match change:
            case PartialChanged():
                return _json("partial", text=change.text, stable=change.stable)
            case LineCommitted(line):
                return _json("final", **self._line(line))
            case LineRefined(line):
                return _json("refined", **self._line(line))
            case GapMarked(gap):
                return self.gap(gap)
            case FindingMade(finding):
                return self.finding(finding)
            case SessionChanged():
                return _json(
                    "link",
                    link=change.session_number,
                    state=change.state,
                    session=change.session_id,
                    request=change.request_id,
                    support=change.support,
                )
            case ProblemRaised(_, problem) | Noticed(problem):
                return _json(
                    "problem",
                    kind=problem.kind,
                    title=problem.title,
                    detail=problem.detail,
                    hint=problem.hint,
                    permanent=problem.is_permanent,
                    support=problem.support,
                )
            case _:
                return ""

    def end(self, audio_ms: int, n_lines: int, n_links: int, billed_s: int) -> str:
        """The totals."""
        return _json("end", audio_ms=audio_ms, lines=n_lines, links=n_links, billed_s=billed_s)

    def line(self, line: Line) -> str:
        """A stored line."""
        return _json("refined" if line.is_refined else "final", **self._line(line))

    def gap(self, gap: Gap) -> str:
        """A gap: a part without text."""
        return _json(
            "gap",
            start_ms=self._ms(gap.start_sample),
            end_ms=self._ms(gap.end_sample),
            reason=gap.reason,
            heard=gap.heard,
        )

    def finding(self, finding: Finding) -> str:
        """A finding of SpeechKit about the speech."""
        return _json(
            finding.kind,
            start_ms=self._ms(finding.start_sample),
            end_ms=self._ms(finding.end_sample),
            link=finding.session_number,
            **json.loads(finding.data),
        )

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "line": line.number,
            "text": line.text,
            "start_ms": self._ms(line.start_sample),
            "end_ms": self._ms(line.end_sample),
            "link": line.session_number,
            "confirmed": line.is_confirmed,
        }


def _json(event: str, **fields: Any) -> str:
    return json.dumps({"v": VERSION, "event": event, **fields}) + "\n"
