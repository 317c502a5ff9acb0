"""The format plain text, and the base class of the other formats."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, Gap, GapMarked, Line, LineSettled
from skdictate.core.findings import Finding
from skdictate.output.phrases import clock, gap_text


class TextFormat:
    """One line of text per utterance."""

    def __init__(self, sound: Format) -> None:
        self._format = sound

    def begin(self) -> str:
        """Text before the first piece."""
        return ""

    def change(self, change: Change) -> str:
        """Text that a change adds; often empty."""
        match change:
            case LineSettled(line):
                return self.line(line)
            case GapMarked(gap):
                return self.gap(gap)
            case _:
                return ""

    def end(self, audio_ms: int, n_lines: int, n_links: int, billed_s: int) -> str:
        """Text after the last piece.

        Args:
            audio_ms: length of the recording.
            n_lines: number of lines.
            n_links: number of sessions.
            billed_s: billed seconds.
        """
        return ""

    def line(self, line: Line) -> str:
        """A line of the dictation."""
        return f"{line.text}\n"

    def finding(self, finding: Finding) -> str:
        """A finding about the speech; empty in formats that have text only."""
        return ""

    def gap(self, gap: Gap) -> str:
        """A gap: a part without text, which must be visible."""
        start, end = self._ms(gap.start_sample), self._ms(gap.end_sample)
        return f"[{clock(start)}-{clock(end)} {gap_text(gap)}]\n"

    def _ms(self, n_samples: int) -> int:
        return self._format.ms(n_samples)
