"""The forms in which a client can have a text: with or without digits, capitals, punctuation."""

from __future__ import annotations

import re
from enum import Enum

from skdictate.server.spoken_numbers import spelled

_DOUBLED = re.compile(r"([,.;:!?])(?:\s*[,.;:])+")
_SPACE_BEFORE = re.compile(r"\s+([,.;:!?])")
_SENTENCE = re.compile(r"(^|[.!?]\s+)([^\W\d_])")
_MARKS = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|(?<!\w)['’-]|['’-](?!\w)|_|[^\w\s'’.,:%$€£-]")
"""What is neither part of a word nor of a number; apostrophes and hyphens within a word stay."""


class Form(Enum):
    """How a text is written."""

    RAW = "as it is spoken: no capitals, no punctuation, numbers in words"
    NORMALIZED = "as spoken, but with digits where the recogniser writes them"
    LITERARY = "with digits, capitals and punctuation"
    SPELLED = "with capitals and punctuation, but numbers in words"

    def of(self, spoken: str, written: str) -> str:
        """Convert a text to this form.

        Args:
            spoken: the text as it is spoken.
            written: the text as the recogniser writes it; empty if it only gives spoken text.
        """
        match self:
            case Form.LITERARY:
                return refine(written or spoken)
            case Form.SPELLED:
                return refine(spelled(written) or spoken)
            case Form.NORMALIZED:
                return normalized(written) or spoken
        return spoken


def refine(text: str) -> str:
    """Remove doubled marks and spaces before marks; capitalise the first word of sentences."""
    text = _DOUBLED.sub(r"\1", _SPACE_BEFORE.sub(r"\1", text))
    return _SENTENCE.sub(lambda match: match[1] + match[2].upper(), text)


def normalized(text: str) -> str:
    """Lower-case the text and remove its punctuation; numbers stay digits."""
    return " ".join(_MARKS.sub(" ", text).lower().split())


def raw(text: str) -> str:
    """Lower-case the text, remove its punctuation, and write its numbers as words."""
    return normalized(spelled(text)).replace("-", " ")
