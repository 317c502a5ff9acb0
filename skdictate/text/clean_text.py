"""Makes untrusted text harmless for terminals, the clipboard and files.

Applied once, where text enters the program: recogniser answers, device names, child processes.
"""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LONGEST = 100_000
"""Maximum number of characters; an hour of speech has about 60 000."""
_MARKS_LONGEST = 8
"""Maximum of combining marks on one character; living scripts use up to four."""

_HARMFUL = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # C0 but tab and newline: ESC, BEL, CR ...
    "\x7f-\x9f"  # DEL and C1: CSI, OSC, DCS in one character
    "\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\u061c\ufeff"  # zero width, bidi
    "\ufff9-\ufffb"  # interlinear annotation
    "\ud800-\udfff"  # lone surrogates: not encodable
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: a font may draw anything
    "\U000e0000-\U000e0fff"  # tags and variation selectors beyond the common ones
    "]"
)
_SPACES = re.compile(r"[\s\u3164]+")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return untrusted text as one harmless line.

    Control, bidirectional, private-use and similar characters become U+FFFD, white space becomes
    single spaces, and the result is in NFC.

    Args:
        text: any text, also with lone surrogates.
        longest: maximum number of characters; the rest is cut off.
    """
    text = text[:longest]
    text = _HARMFUL.sub(REPLACEMENT, _SPACES.sub(" ", text)).strip()
    if text.isascii():
        return text
    return _thinned(unicodedata.normalize("NFC", text))


def _thinned(text: str) -> str:
    """Remove combining marks beyond ``_MARKS_LONGEST`` per character."""
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS_LONGEST:
            kept.append(char)
    return "".join(kept)
