"""Plain text, and what every other format has in common with it: a beginning, a piece for each
change, an end; apart, since it is the form that the others fill."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, Gap, GapMarked, Line, LineSettled
from skdictate.core.findings import Finding
from skdictate.output.phrases import clock, gap_text


class TextFormat:
    """One line of text for each utterance."""

    def __init__(self, sound: Format) -> None:
        self._format = sound

    def begin(self) -> str:
        """What comes first."""
        return ""

    def change(self, change: Change) -> str:
        """What a change adds; often nothing."""
        match change:
            case LineSettled(line):
                return self.line(line)
            case GapMarked(gap):
                return self.gap(gap)
            case _:
                return ""

    def end(self, audio_ms: int, n_lines: int, n_links: int, billed_s: int) -> str:
        """What comes last."""
        return ""

    def line(self, line: Line) -> str:
        """A line of the dictation."""
        return f"{line.text}\n"

    def finding(self, finding: Finding) -> str:
        """Something beside the text, which is no part of it."""
        return ""

    def gap(self, gap: Gap) -> str:
        """A stretch without text, which has to be seen."""
        start, end = self._ms(gap.start_sample), self._ms(gap.end_sample)
        return f"[{clock(start)}-{clock(end)} {gap_text(gap)}]\n"

    def _ms(self, n_samples: int) -> int:
        return self._format.ms(n_samples)
