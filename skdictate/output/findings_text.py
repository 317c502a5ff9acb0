"""SpeechKit's findings about the speech as text for a person, grouped by kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from skdictate.audio.pcm import Format
from skdictate.core.findings import (
    Classified,
    Conversed,
    Finding,
    Labelled,
    Spoken,
    Summarised,
    Warned,
    Window,
)
from skdictate.output.phrases import clock

Fact = tuple[str, str]
"""A name and a value."""


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """One finding."""

    time: str
    """The time, or start and end."""
    words: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Findings of one kind, in the order of the timeline."""

    title: str
    entries: tuple[FindingEntry, ...]


def chapters(sound: Format, findings: Iterable[Finding]) -> list[Chapter]:
    """All findings by kind, except speaker and language, which are shown at each line.

    Of running statistics only the newest of each session and speaker is kept.
    """
    by_kind: dict[str, list[Finding]] = {kind: [] for kind in _TITLES}
    for finding in sorted(findings, key=lambda finding: finding.start_sample):
        if finding.kind in by_kind:
            by_kind[finding.kind].append(finding)
    by_kind[Spoken.kind] = _newest(by_kind[Spoken.kind])
    by_kind[Conversed.kind] = _newest(by_kind[Conversed.kind])
    return [
        Chapter(_TITLES[kind], tuple(_entries(sound, found)))
        for kind, found in by_kind.items()
        if found
    ]


def n_told(findings: Iterable[Finding]) -> int:
    """Number of findings that ``chapters`` includes."""
    return sum(finding.kind != Labelled.kind for finding in findings)


_TITLES = {
    Summarised.kind: "Summaries",
    Conversed.kind: "Conversation",
    Spoken.kind: "Speakers",
    Classified.kind: "Classifiers",
    Warned.kind: "Warnings of the recogniser",
}


def _newest(findings: list[Finding]) -> list[Finding]:
    """The newest total of each session and speaker; all findings if there is no total."""
    newest: dict[tuple[int, str], Finding] = {}
    for finding in findings:
        data = json.loads(finding.data)
        if data.get("window", Window.TOTAL) == Window.TOTAL:
            newest[finding.session_number, data.get("speaker", "")] = finding
    return list(newest.values()) or findings


def _entries(sound: Format, findings: list[Finding]) -> Iterator[FindingEntry]:
    for finding in findings:
        time = clock(sound.ms(finding.start_sample))
        if finding.kind != Classified.kind:
            time += f"–{clock(sound.ms(finding.end_sample))}"
        data = json.loads(finding.data)
        for words, facts in _WRITERS[finding.kind](data, finding.words):
            yield FindingEntry(time, words, tuple(fact for fact in facts if fact[1]))


Entries = Iterator[tuple[str, tuple[Fact, ...]]]
"""Text and facts of each entry."""


def _summary(data: dict[str, Any], _words: str) -> Entries:
    tokens = f"{data['n_tokens']} ({data['n_input_tokens']} in, {data['n_output_tokens']} out)"
    *others, last = data["answers"] or ("",)
    yield from ((answer, ()) for answer in others)
    yield last, (("tokens", tokens),) if data["n_tokens"] else ()


def _conversation(data: dict[str, Any], _words: str) -> Entries:
    interrupted = ", ".join(
        f"speaker {it['speaker']} {it['n_interrupts']} times, {_seconds(it['interrupts_ms'])}"
        for it in data["interrupted"]
    )
    yield (
        "all speakers",
        (
            ("speech", _share(data, "speech")),
            ("all silent", _share(data, "both_silent")),
            ("several at once", _share(data, "both_speak")),
            ("silences", _spread(data["silence_ms"], 1000, " s")),
            ("overlaps", _spread(data["overlap_ms"], 1000, " s")),
            ("interrupted", interrupted or "nobody"),
        ),
    )


def _speaker(data: dict[str, Any], words: str) -> Entries:
    if data["window"] != Window.TOTAL:
        yield words, ()
        return
    yield (
        f"speaker {data['speaker'] or '0'}",
        (
            ("speech", _share(data, "speech")),
            ("silence", _share(data, "silence")),
            ("words", f"{data['n_words']} in {data['n_utterances']} utterances"),
            ("letters", str(data["n_letters"])),
            ("words/second", _spread(data["words_per_second"])),
            ("words/utterance", _spread(data["words_per_utterance"])),
            ("utterances", _spread(data["utterance_ms"], 1000, " s")),
        ),
    )


def _plain(_data: dict[str, Any], words: str) -> Entries:
    yield words, ()


def _warning(data: dict[str, Any], _words: str) -> Entries:
    yield data["message"], ()


_WRITERS: dict[str, Callable[[dict[str, Any], str], Entries]] = {
    Summarised.kind: _summary,
    Conversed.kind: _conversation,
    Spoken.kind: _speaker,
    Classified.kind: _plain,
    Warned.kind: _warning,
}


def _share(data: dict[str, Any], name: str) -> str:
    return f"{_seconds(data[f'{name}_ms'])}, {data[f'{name}_ratio']:.0%}"


def _seconds(time_ms: int) -> str:
    return f"{time_ms / 1000:.1f} s"


def _spread(statistics: dict[str, Any], unit: float = 1.0, name: str = "") -> str:
    """Mean and range as text, divided by ``unit``; empty if nothing was counted."""
    low, mean, high = (statistics[key] / unit for key in ("lowest", "mean", "highest"))
    return f"{mean:.1f}{name} ({low:.1f} to {high:.1f})" if high else ""
