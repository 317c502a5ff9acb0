"""What the user wants of a recogniser of API v3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings

AUTO = "auto"
"""In place of a language: the recogniser tells languages apart by itself."""
PATIENCE: dict[str, tuple[str, int | None]] = {
    "short": ("high", 500),
    "normal": ("", None),
    "long": ("default", 4_000),
}
"""Sensitivity and longest pause. Not documented: users of the service report 500 to 5000 ms as its
range, and that without a hint it waits for about 3 s of silence, with the shortest for 0.9 s."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """One that looks at the words, and when: ``utterance``, ``final`` or ``partial``."""

    name: str
    triggers: tuple[str, ...] = ("utterance",)

    @classmethod
    def of(cls, text: str) -> Classifier:
        """From ``NAME`` or ``NAME:WHEN+WHEN``."""
        name, _, triggers = text.partition(":")
        return cls(name, tuple(triggers.split("+"))) if triggers else cls(name)


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the user wants of the recogniser. What is not asked for is not sent."""

    languages: tuple[str, ...] = ()
    """Codes as ``en-US``; empty for the service's own choice."""
    refines: bool = True
    """Numbers as digits, and what else ``is_literary`` says, in a refinement after each final."""
    is_literary: bool = True
    """Capitals and punctuation."""
    masks_profanity: bool = False
    formats_phones: bool = True
    model: str = ""
    sensitivity: str = ""
    """How soon an utterance ends: ``default`` or ``high``; empty for the service's own choice."""
    max_pause_ms: int | None = None
    """The longest pause to expect inside an utterance."""
    ends_utterances: bool = False
    """The user says where an utterance ends, and nobody else."""
    classifiers: tuple[Classifier, ...] = ()
    analyses_speech: bool = False
    labels_speakers: bool = False
    """Tells speakers apart, which the service can do only when it has heard the whole session."""
    summary_prompt: str = ""
    summary_model: str = ""
    names_silence: bool = False
    """A session is kept by messages that stand for silence, and not by silence as sound. Whether
    these count as time passed to the service is documented, and was measured otherwise."""

    @property
    def labels_languages(self) -> bool:
        """There is more than one language to tell apart."""
        return len(self.languages) > 1 or AUTO in self.languages

    @classmethod
    def of(cls, settings: Settings, languages: tuple[str, ...]) -> Self:
        """What the settings ask for.

        Raises:
            ProblemError: they do not go together.
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
        "Two settings do not go together",
        f"{option} works with {other} only",
        f"Add {other}, or leave {option} out.",
        is_permanent=True,
    )
