"""What a recogniser finds beside the text: classes, speakers, statistics, summaries.

Times are milliseconds from the first sample of the session, until ``placed`` puts them on the
timeline; like all times of a recogniser, they are not trusted. Texts have passed ``clean``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import ClassVar

Place = Callable[[int], int]
"""From a time of the session to one of the dictation's timeline, both in milliseconds."""
WHOLE_MS = 10**9
"""The end of a session, whenever that was."""


class Window(StrEnum):
    """What a finding is about."""

    PARTIAL = "partial"
    FINAL = "final"
    UTTERANCE = "utterance"
    TOTAL = "total"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Label:
    """A class or a language, and how likely it is: 0 to 1."""

    name: str
    score: float

    def __str__(self) -> str:
        return f"{self.name} {self.score:.0%}"


@dataclass(frozen=True, slots=True)
class FindingRange:
    """A part of the sound, with its words if they are of interest."""

    start_ms: int
    end_ms: int
    text: str = ""

    def placed(self, place: Place) -> FindingRange:
        """The same on the timeline."""
        return replace(self, start_ms=place(self.start_ms), end_ms=place(self.end_ms))


@dataclass(frozen=True, slots=True)
class Quantile:
    """The value that a share of all values (0 to 1) lies below."""

    level: float
    value: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """How a quantity is distributed."""

    lowest: float = 0.0
    highest: float = 0.0
    mean: float = 0.0
    deviation: float = 0.0
    quantiles: tuple[Quantile, ...] = ()


@dataclass(frozen=True, slots=True)
class Labelled:
    """Who spoke a final, and in what language."""

    kind: ClassVar = "labels"
    start_ms: int
    end_ms: int
    speaker: str = ""
    languages: tuple[Label, ...] = ()
    """The likeliest first."""

    @property
    def words(self) -> str:
        """In a line, for a person."""
        who = f"speaker {self.speaker}" if self.speaker else ""
        return ", ".join([who] * bool(who) + [str(label) for label in self.languages])

    def placed(self, place: Place) -> Labelled:
        """The same on the timeline."""
        return replace(self, start_ms=place(self.start_ms), end_ms=place(self.end_ms))


@dataclass(frozen=True, slots=True)
class Classified:
    """What a classifier makes of some words."""

    kind: ClassVar = "class"
    start_ms: int
    end_ms: int
    window: Window
    classifier: str
    labels: tuple[Label, ...] = ()
    phrases: tuple[FindingRange, ...] = ()
    """The words that made it say so."""

    @property
    def words(self) -> str:
        """In a line, for a person."""
        labels = ", ".join(str(label) for label in self.labels) or "nothing"
        phrases = ", ".join(phrase.text for phrase in self.phrases)
        return f"{self.classifier}: {labels}" + (f" ({phrases})" if phrases else "")

    def placed(self, place: Place) -> Classified:
        """The same on the timeline."""
        phrases = tuple(phrase.placed(place) for phrase in self.phrases)
        start_ms, end_ms = place(self.start_ms), place(self.end_ms)
        return replace(self, start_ms=start_ms, end_ms=end_ms, phrases=phrases)


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a speaker speaks."""

    kind: ClassVar = "speaker"
    start_ms: int
    end_ms: int
    window: Window
    speaker: str
    speech_ms: int = 0
    speech_ratio: float = 0.0
    silence_ms: int = 0
    silence_ratio: float = 0.0
    n_words: int = 0
    n_letters: int = 0
    n_utterances: int = 0
    words_per_second: Statistics = Statistics()
    letters_per_second: Statistics = Statistics()
    words_per_utterance: Statistics = Statistics()
    letters_per_utterance: Statistics = Statistics()
    utterance_ms: Statistics = Statistics()

    @property
    def words(self) -> str:
        """In a line, for a person."""
        return (
            f"speaker {self.speaker or '0'}, {self.window}: {self.n_words} words, "
            f"{self.words_per_second.mean:.1f} a second, {self.speech_ratio:.0%} speech"
        )

    def placed(self, place: Place) -> Spoken:
        """The same on the timeline."""
        return replace(self, start_ms=place(self.start_ms), end_ms=place(self.end_ms))


@dataclass(frozen=True, slots=True)
class Interrupted:
    """How often a speaker cut in on the other."""

    speaker: str
    n_interrupts: int
    interrupts_ms: int
    interrupts: tuple[FindingRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversed:
    """How the speakers spoke with each other."""

    kind: ClassVar = "conversation"
    start_ms: int
    end_ms: int
    speech_ms: int = 0
    speech_ratio: float = 0.0
    both_silent_ms: int = 0
    both_silent_ratio: float = 0.0
    both_speak_ms: int = 0
    both_speak_ratio: float = 0.0
    silence_ms: Statistics = Statistics()
    """Of each time that all were silent."""
    overlap_ms: Statistics = Statistics()
    """Of each time that several spoke."""
    interrupted: tuple[Interrupted, ...] = ()

    @property
    def words(self) -> str:
        """In a line, for a person."""
        n_interrupts = sum(speaker.n_interrupts for speaker in self.interrupted)
        return (
            f"conversation: {self.speech_ratio:.0%} speech, {self.both_speak_ratio:.0%} at once, "
            f"{self.both_silent_ratio:.0%} silence, interruptions: {n_interrupts}"
        )

    def placed(self, place: Place) -> Conversed:
        """The same on the timeline."""
        interrupted = tuple(
            replace(who, interrupts=tuple(cut.placed(place) for cut in who.interrupts))
            for who in self.interrupted
        )
        start_ms, end_ms = place(self.start_ms), place(self.end_ms)
        return replace(self, start_ms=start_ms, end_ms=end_ms, interrupted=interrupted)


@dataclass(frozen=True, slots=True)
class Summarised:
    """What a language model makes of a session."""

    kind: ClassVar = "summary"
    answers: tuple[str, ...]
    n_input_tokens: int = 0
    n_output_tokens: int = 0
    n_tokens: int = 0
    start_ms: int = 0
    end_ms: int = WHOLE_MS

    @property
    def words(self) -> str:
        """In a line, for a person."""
        return "summary: " + " / ".join(self.answers)

    def placed(self, place: Place) -> Summarised:
        """The same on the timeline."""
        return replace(self, start_ms=place(self.start_ms), end_ms=place(self.end_ms))


@dataclass(frozen=True, slots=True)
class Warned:
    """What the recogniser does otherwise than it was asked to, in its own words."""

    kind: ClassVar = "warning"
    message: str
    start_ms: int = 0
    end_ms: int = WHOLE_MS

    @property
    def words(self) -> str:
        """In a line, for a person."""
        return f"the recogniser warns: {self.message}"

    def placed(self, place: Place) -> Warned:
        """The same on the timeline."""
        return replace(self, start_ms=place(self.start_ms), end_ms=place(self.end_ms))


Found = Classified | Conversed | Labelled | Spoken | Summarised | Warned


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a recogniser found, on the dictation's timeline; it never changes."""

    kind: str
    """``class``, ``conversation``, ``labels``, ``speaker``, ``summary`` or ``warning``."""
    session_number: int
    start_sample: int
    end_sample: int
    words: str
    """In a line, for a person."""
    data: str
    """All of it, as a JSON object."""

    @classmethod
    def of(
        cls, found: Found, session_number: int, start_sample: int, end_sample: int, place: Place
    ) -> Finding:
        """What was found, with its times put on the timeline."""
        data = asdict(found.placed(place))
        del data["start_ms"], data["end_ms"]
        return cls(
            found.kind, session_number, start_sample, end_sample, found.words, json.dumps(data)
        )
