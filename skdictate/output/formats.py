"""The text of a dictation as text, JSON lines, subtitles or Markdown, while it grows.

Every format is a stream: a beginning, a piece for each change, an end. So the same code serves a
live pipe, a saved file and an export. A line is written when it is settled, so that what a pipe
has seen stands; JSON says everything as it happens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from skdictate.core.audio import Format
from skdictate.core.changes import (
    Change,
    FindingMade,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    LineSettled,
    LinkChanged,
    Noticed,
    PartialChanged,
    ProblemRaised,
    Reason,
)
from skdictate.core.findings import Finding

VERSION = 1
"""Of the JSON lines; raised when a field changes its meaning."""
CUE_LEAST_MS = 500
"""A subtitle that is shown for less than this cannot be read."""


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
        return f"[{clock(start)}-{clock(end)} {said_of(gap)}]\n"

    def _ms(self, n_samples: int) -> int:
        return self._format.ms(n_samples)


class MarkdownFormat(TextFormat):
    """Paragraphs with their times; nothing in the text is read as markup."""

    def line(self, line: Line) -> str:
        """A paragraph."""
        return f"**{clock(self._ms(line.start_sample))}** {_escaped(line.text)}\n\n"

    def gap(self, gap: Gap) -> str:
        """A paragraph that stands out."""
        return f"> **{clock(self._ms(gap.start_sample))}** *{_escaped(said_of(gap))}*\n\n"


class SubtitleFormat(TextFormat):
    """SRT: numbered cues."""

    def __init__(self, sound: Format) -> None:
        super().__init__(sound)
        self._n_cues = 0

    def line(self, line: Line) -> str:
        """A cue."""
        return self._cue(line.start_sample, line.end_sample, line.text)

    def gap(self, gap: Gap) -> str:
        """A cue that says that words are missing."""
        return self._cue(gap.start_sample, gap.end_sample, f"[{said_of(gap)}]")

    def _cue(self, start_sample: int, end_sample: int, text: str) -> str:
        self._n_cues += 1
        start_ms = self._ms(start_sample)
        end_ms = max(self._ms(end_sample), start_ms + CUE_LEAST_MS)
        return f"{self._n_cues}\n{self._span(start_ms, end_ms)}\n{text}\n\n"

    def _span(self, start_ms: int, end_ms: int) -> str:
        return f"{_stamp(start_ms, ',')} --> {_stamp(end_ms, ',')}"


class WebSubtitleFormat(SubtitleFormat):
    """WebVTT."""

    def begin(self) -> str:
        """The signature."""
        return "WEBVTT\n\n"

    def _cue(self, start_sample: int, end_sample: int, text: str) -> str:
        for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(char, entity)
        return super()._cue(start_sample, end_sample, text)

    def _span(self, start_ms: int, end_ms: int) -> str:
        return f"{_stamp(start_ms, '.')} --> {_stamp(end_ms, '.')}"


class JsonFormat(TextFormat):
    """One object a line, ASCII only; see the README for the fields."""

    def change(self, change: Change) -> str:
        """An object for everything that happens."""
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
            case LinkChanged():
                return _json(
                    "link",
                    link=change.link_id,
                    state=change.state,
                    session=change.session_id,
                    request=change.request_id,
                )
            case ProblemRaised(_, problem) | Noticed(problem):
                return _json(
                    "problem",
                    kind=problem.kind,
                    title=problem.title,
                    detail=problem.detail,
                    hint=problem.hint,
                    permanent=problem.is_permanent,
                )
            case _:
                return ""

    def end(self, audio_ms: int, n_lines: int, n_links: int, billed_s: int) -> str:
        """The sums."""
        return _json("end", audio_ms=audio_ms, lines=n_lines, links=n_links, billed_s=billed_s)

    def line(self, line: Line) -> str:
        """A line of the library."""
        return _json("refined" if line.is_refined else "final", **self._line(line))

    def gap(self, gap: Gap) -> str:
        """A stretch without text."""
        return _json(
            "gap",
            start_ms=self._ms(gap.start_sample),
            end_ms=self._ms(gap.end_sample),
            reason=gap.reason,
            heard=gap.heard,
        )

    def finding(self, finding: Finding) -> str:
        """Something beside the text."""
        return _json(
            finding.kind,
            start_ms=self._ms(finding.start_sample),
            end_ms=self._ms(finding.end_sample),
            link=finding.link_id,
            **json.loads(finding.data),
        )

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "line": line.number,
            "text": line.text,
            "start_ms": self._ms(line.start_sample),
            "end_ms": self._ms(line.end_sample),
            "link": line.link_id,
            "confirmed": line.is_confirmed,
        }


FORMATS: dict[str, Callable[[Format], TextFormat]] = {
    "text": TextFormat,
    "json": JsonFormat,
    "srt": SubtitleFormat,
    "vtt": WebSubtitleFormat,
    "md": MarkdownFormat,
}
SUFFIXES = {"text": ".txt", "json": ".jsonl", "srt": ".srt", "vtt": ".vtt", "md": ".md"}


def rendered(
    name: str,
    sound: Format,
    lines: Iterable[Line],
    gaps: Iterable[Gap],
    findings: Iterable[Finding] = (),
) -> str:
    """A whole dictation in a format, in the order of the timeline."""
    writer = FORMATS[name](sound)
    items: list[Line | Gap | Finding] = [*lines, *gaps, *findings]
    pieces: list[str] = []
    for item in sorted(items, key=lambda item: item.start_sample):
        match item:
            case Line():
                pieces.append(writer.line(item))
            case Gap():
                pieces.append(writer.gap(item))
            case Finding():
                pieces.append(writer.finding(item))
    return writer.begin() + "".join(pieces)


def noted(sound: Format, finding: Finding) -> str:
    """A finding as a line, for a person."""
    return f"{clock(sound.ms(finding.start_sample))} {finding.words}"


def clock(time_ms: int) -> str:
    """A time for a person: 1:05, or 1:02:03 past the hour."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def said_of(gap: Gap) -> str:
    """A gap in words."""
    if gap.reason is Reason.NOT_CAPTURED:
        return "no sound was captured"
    if gap.reason is Reason.OVERRUN:
        return "sound was lost, this machine was too busy"
    if gap.reason is Reason.NOT_KEPT:
        return "sound was lost, the disk had no room for it"
    if gap.reason is Reason.UNREADABLE:
        return "the disk does not give the sound back"
    if gap.reason is Reason.UNFINISHED:
        return "not recognised, the program had ended"
    return f"not recognised; last heard: {gap.heard}" if gap.heard else "not recognised"


def _stamp(time_ms: int, mark: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{ms:03}"


_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _json(event: str, **fields: Any) -> str:
    return json.dumps({"v": VERSION, "event": event, **fields}) + "\n"
