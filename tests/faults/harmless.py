"""Whether a text can act on whoever shows it, by the categories of Unicode and nothing of ours."""

from __future__ import annotations

import re
import unicodedata

ALLOWED_CONTROL = "\n"
JOINERS = "\u200c\u200d"
"""Scripts and emoji need them."""
NUMBER_SIGNS = (
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that are seen."""
SOFT_HYPHEN = "\u00ad"
MUSIC = "".join(map(chr, range(0x1D173, 0x1D17B)))
SHORTHAND = "".join(map(chr, range(0x1BCA0, 0x1BCA4)))
HIEROGLYPHS = "".join(map(chr, range(0x13430, 0x13456)))
_HARMLESS = set(
    ALLOWED_CONTROL
    + JOINERS
    + NUMBER_SIGNS
    + SOFT_HYPHEN
    + MUSIC
    + SHORTHAND
    + HIEROGLYPHS
    + "\u180e"
)
_HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

SEQUENCE = re.compile(
    rb"\x1b(?:"
    rb"\[[0-9:;<=>?]*[ -/]*[@-~]"  # CSI
    rb"|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS, APC, PM, SOS
    rb"|[ -/]*[0-~]"  # all others
    rb")"
)
"""An escape sequence, whole."""
TEXTUAL = re.compile(
    rb"\x1b(?:"
    rb"\[[0-9;:]*m"  # colours
    rb"|\[[0-9]+;[0-9]+H"  # where the next words go
    rb"|\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"  # modes
    rb"|\[\?(?:2026|2048)\$p"  # which of them there are
    rb"|\[[<>?][0-9]*u"  # the protocol of the keyboard
    rb"|\]22;(?:default|pointer|text)\x07"  # the shape of the pointer
    rb")"
)
"""What the screen's library itself says to a terminal: all that was seen of it in the demo, with
its help, its palette, and other sizes."""
PLAIN = re.compile(rb"\r\x1b\[K")
"""What the commands without a screen say to one: they rewrite a line."""


def harm(text: str) -> list[str]:
    """The characters of a text that could act, as their code points."""
    return [
        f"U+{ord(char):04X}"
        for char in text
        if char not in _HARMLESS and unicodedata.category(char) in _HARMFUL
    ]


def strangers(output: bytes, allowed: re.Pattern[bytes] = TEXTUAL) -> list[bytes]:
    """The sequences and characters in what a terminal was sent that are not of these."""
    rest = allowed.sub(b"", output)
    found = [it.group() for it in SEQUENCE.finditer(rest)]
    text = SEQUENCE.sub(b"", rest).decode(errors="replace")
    return found + [it.encode() for it in harm(text.replace("\r\n", "\n"))]
