"""All formats by their names, and a whole dictation in one of them.

Every format is a stream: a beginning, a piece for each change, an end. So the same code serves a
live pipe, a saved file and an export. A line is written when it is settled, so that what a pipe
has seen stands; JSON says everything as it happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line
from skdictate.core.findings import Finding
from skdictate.output.jsonl import JsonFormat
from skdictate.output.markdown import MarkdownFormat
from skdictate.output.plain_text import TextFormat
from skdictate.output.subtitles import SubtitleFormat, WebSubtitleFormat

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
