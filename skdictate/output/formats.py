"""The output formats by name, and the rendering of a whole dictation in one of them.

Each format is a stream: a beginning, a piece for each change, an end. The same code thus serves a
live pipe, a saved file and an export. Text formats write a line once it can no longer change; JSON
writes every change at once.
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
    """A whole dictation in the format ``name``, in order of time, without the format's end."""
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
