"""An utterance in the forms that a client may ask for."""

from __future__ import annotations

import re
from enum import Enum

from skdictate.server.spoken_numbers import spelled

_DOUBLED = re.compile(r"([,.;:!?])(?:\s*[,.;:])+")
_SPACE_BEFORE = re.compile(r"\s+([,.;:!?])")
_SENTENCE = re.compile(r"(^|[.!?]\s+)([^\W\d_])")
_MARKS = re.compile(r"(?<!\d)[.,:]|[.,:](?!\d)|(?<!\w)['’-]|['’-](?!\w)|_|[^\w\s'’.,:%$€£-]")
"""What is neither a word nor in a number; an apostrophe or a hyphen within a word stays."""


class Form(Enum):
    """How a text is written."""

    RAW = "as it is spoken: no capitals, no punctuation, numbers in words"
    NORMALIZED = "as spoken, but with digits where the recogniser writes them"
    LITERARY = "with digits, capitals and punctuation"
    SPELLED = "with capitals and punctuation, but numbers in words"

    def of(self, spoken: str, written: str) -> str:
        """A text in this form.

        Args:
            spoken: the text as it is spoken.
            written: as the recogniser writes it; empty if it only knows what is spoken.
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
    """Marks that stand double or apart from their word, and capitals where sentences begin."""
    text = _DOUBLED.sub(r"\1", _SPACE_BEFORE.sub(r"\1", text))
    return _SENTENCE.sub(lambda match: match[1] + match[2].upper(), text)


def normalized(text: str) -> str:
    """Words in lower case without punctuation; numbers stay as they are."""
    return " ".join(_MARKS.sub(" ", text).lower().split())


def raw(text: str) -> str:
    """Words in lower case without punctuation, and numbers in words."""
    return normalized(spelled(text)).replace("-", " ")
