"""The subtitle formats SRT and WebVTT."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line
from skdictate.output.phrases import gap_text
from skdictate.output.plain_text import TextFormat

CUE_LEAST_MS = 500
"""Shortest time for which a cue is shown; a shorter one cannot be read."""
_ARROW = "-->"
"""Marks a line of times in both formats."""
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")", "\\": "∖"})
"""SRT has no escaping, and players interpret ``<font>``, ``{\\an8}``, ``{y:i}`` and ``\\N``, so
these characters are replaced by similar ones."""
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SubtitleFormat(TextFormat):
    """SRT: numbered cues."""

    def __init__(self, sound: Format) -> None:
        super().__init__(sound)
        self._n_cues = 0

    def line(self, line: Line) -> str:
        """A cue."""
        return self._cue(line.start_sample, line.end_sample, line.text)

    def gap(self, gap: Gap) -> str:
        """A cue that says why text is missing."""
        return self._cue(gap.start_sample, gap.end_sample, f"[{gap_text(gap)}]")

    def _cue(self, start_sample: int, end_sample: int, text: str) -> str:
        self._n_cues += 1
        start_ms = self._ms(start_sample)
        end_ms = max(self._ms(end_sample), start_ms + CUE_LEAST_MS)
        return f"{self._n_cues}\n{self._span(start_ms, end_ms)}\n{self._escaped(text)}\n\n"

    def _escaped(self, text: str) -> str:
        """The text with everything replaced that a player would interpret."""
        return text.replace(_ARROW, "→").translate(_LOOKALIKES)

    def _span(self, start_ms: int, end_ms: int) -> str:
        return f"{_stamp(start_ms, ',')} --> {_stamp(end_ms, ',')}"


class WebSubtitleFormat(SubtitleFormat):
    """WebVTT."""

    def begin(self) -> str:
        """The signature."""
        return "WEBVTT\n\n"

    def _escaped(self, text: str) -> str:
        return text.translate(_ENTITIES)

    def _span(self, start_ms: int, end_ms: int) -> str:
        return f"{_stamp(start_ms, '.')} --> {_stamp(end_ms, '.')}"


def _stamp(time_ms: int, mark: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{ms:03}"
