"""The better text of a final: what a typist would mend without knowing what was meant."""

from __future__ import annotations

import re

_DOUBLED = re.compile(r"([,.;:!?])(?:\s*[,.;:])+")
_SPACE_BEFORE = re.compile(r"\s+([,.;:!?])")
_SENTENCE = re.compile(r"(^|[.!?]\s+)([^\W\d_])")


def refine(text: str) -> str:
    """Marks that stand double or apart from their word, and capitals where sentences begin."""
    text = _DOUBLED.sub(r"\1", _SPACE_BEFORE.sub(r"\1", text))
    return _SENTENCE.sub(lambda match: match[1] + match[2].upper(), text)
