"""The options of recognition that API v2 has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings
from skdictate.settings.option_table import BY_NAME

NEWER = (
    "phone_format",
    "patience",
    "eou",
    "eou_sensitivity",
    "max_pause_ms",
    "classifier",
    "speech_analysis",
    "speaker_labelling",
    "summarize",
    "summarize_model",
    "keep_alive",
)
"""Settings for which only API v3 has a field or a message."""


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the user wants of the recogniser; see ``Settings``."""

    language: str = ""
    """One code such as ``en-US``, or ``auto``; empty for the service's default, Russian."""
    model: str = ""
    """Empty for the service's default, ``general``."""
    masks_profanity: bool = False
    normalizes: bool = True
    """Numbers as digits; otherwise as words."""
    is_literary: bool = True
    """Capitals and punctuation."""

    refines: ClassVar[bool] = False
    """Finals have their final text at once."""

    @classmethod
    def of(cls, settings: Settings, languages: tuple[str, ...]) -> Self:
        """The options for the settings.

        Raises:
            ProblemError: the settings ask for something that only API v3 has.
        """
        if len(languages) > 1:
            raise ProblemError(_missing(f"to tell {', '.join(languages)} apart"))
        usual = Settings()
        for name in NEWER:
            if getattr(settings, name) != getattr(usual, name):
                raise ProblemError(_missing(BY_NAME[name].flag))
        return cls(
            language="".join(languages),
            model=settings.model,
            masks_profanity=settings.profanity_filter,
            normalizes=settings.normalize,
            is_literary=settings.normalize and settings.literature_text,
        )


def _missing(what: str) -> Problem:
    return Problem(
        Kind.CONFIG,
        "API v2 cannot do that",
        f"It is not able {what}" if what.startswith("to ") else f"It does not have {what}",
        "Omit --api v2.",
        is_permanent=True,
    )
