"""The options of recognition that API v3 has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings

AUTO = "auto"
"""In place of a language: the recogniser detects languages itself."""
PATIENCE: dict[str, tuple[str, int | None]] = {
    "short": ("high", 500),
    "normal": ("", None),
    "long": ("default", 4_000),
}
"""Sensitivity and longest pause in milliseconds. Not documented: users of SpeechKit report a range
of 500 to 5000 ms, a pause of about 3 s without a hint, and 0.9 s with the shortest one."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A classifier of the recognised text, and its triggers.

    ``utterance``, ``final``, ``partial``.
    """

    name: str
    triggers: tuple[str, ...] = ("utterance",)

    @classmethod
    def of(cls, text: str) -> Classifier:
        """Parse ``NAME`` or ``NAME:WHEN+WHEN``."""
        name, _, triggers = text.partition(":")
        return cls(name, tuple(triggers.split("+"))) if triggers else cls(name)


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the user wants of the recogniser. Defaults are not sent."""

    languages: tuple[str, ...] = ()
    """Codes such as ``en-US``; empty for the service's default."""
    refines: bool = True
    """Whether a refinement follows each final, with digits and what ``is_literary`` adds."""
    is_literary: bool = True
    """Capitals and punctuation."""
    masks_profanity: bool = False
    formats_phones: bool = True
    model: str = ""
    sensitivity: str = ""
    """How soon an utterance ends: ``default`` or ``high``; empty for the service's default."""
    max_pause_ms: int | None = None
    """The longest pause to expect within an utterance, in milliseconds."""
    ends_utterances: bool = False
    """Whether only the user ends utterances."""
    classifiers: tuple[Classifier, ...] = ()
    analyses_speech: bool = False
    labels_speakers: bool = False
    """Tells speakers apart, which SpeechKit can do only at the end of a session."""
    summary_prompt: str = ""
    summary_model: str = ""
    names_silence: bool = False
    """Keep idle sessions open by messages that stand for silence rather than by silent samples. The
    documentation says that these count as audio time; measurements showed otherwise."""

    @property
    def labels_languages(self) -> bool:
        """Whether more than one language may be spoken."""
        return len(self.languages) > 1 or AUTO in self.languages

    @classmethod
    def of(cls, settings: Settings, languages: tuple[str, ...]) -> Self:
        """The options for the settings.

        Raises:
            ProblemError: two settings contradict each other.
        """
        if settings.profanity_filter and not settings.normalize:
            raise ProblemError(_needs("--profanity-filter", "--normalize"))
        if settings.summarize_model and not settings.summarize:
            raise ProblemError(_needs("--summarize-model", "--summarize"))
        sensitivity, max_pause_ms = PATIENCE[settings.patience]
        is_said = settings.max_pause_ms is not None
        return cls(
            languages=tuple(AUTO if c.lower() == AUTO else c for c in languages),
            refines=settings.normalize,
            is_literary=settings.literature_text,
            masks_profanity=settings.profanity_filter,
            formats_phones=settings.phone_format,
            model=settings.model,
            sensitivity=settings.eou_sensitivity or sensitivity,
            max_pause_ms=settings.max_pause_ms if is_said else max_pause_ms,
            ends_utterances=settings.eou == "external",
            classifiers=tuple(Classifier.of(text) for text in settings.classifier),
            analyses_speech=settings.speech_analysis,
            labels_speakers=settings.speaker_labelling,
            summary_prompt=settings.summarize,
            summary_model=settings.summarize_model,
            names_silence=settings.keep_alive == "chunk",
        )


def _needs(option: str, other: str) -> Problem:
    return Problem(
        Kind.CONFIG,
        "Two settings contradict each other",
        f"{option} works only with {other}",
        f"Add {other}, or omit {option}.",
        is_permanent=True,
    )
