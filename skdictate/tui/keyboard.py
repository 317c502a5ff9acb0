"""What a terminal says of its keyboard besides presses: releases, repeats, and what it can report.

By the kitty keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) a key is
``CSI code ; modifiers : event ; text u``, or ends in ``~`` or a capital letter. The library asks
for keys in this form, but neither for events nor does it know them; so they are taken out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

EVENT_TYPES = 0b10
"""The flag for reports of releases and repeats."""
ASK = f"\x1b[={EVENT_TYPES};2u\x1b[?u"
"""Add that flag to those in force, then tell which are. What the library takes back at the end are
all of its flags, so this one goes with them."""
_PRESS, _REPEAT, _RELEASE = "1", "2", "3"
_SPACE = 32
_FUNCTIONS = range(57_344, 63_744)
"""Codes of keys that have no character, such as those of a keypad."""
_CONTROLS = (9, 13, 27, 127)
"""Tab, Enter, Escape, Backspace."""
_LONGEST = 64
"""A sequence that has no end by then is none."""
_OURS = re.compile(
    "\x1b\\["
    r"(?:\?(?P<flags>\d+)u"
    r"|(?P<code>\d*)(?::\d*)*;(?P<modifiers>\d*):(?P<event>\d+)(?P<text>;[\d:]*)?(?P<end>[u~A-Z]))"
)
_BEGUN = re.compile("\x1b(?:\\[(?:\\?|\\d[\\d:;]*|\\?\\d+)?)?\\Z")
"""At the end of a text: what may yet become one of those."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The terminal's answer: what it reports."""

    bits: int

    @property
    def has_events(self) -> bool:
        """Releases and repeats are among it."""
        return bool(self.bits & EVENT_TYPES)


@dataclass(frozen=True, slots=True)
class SpaceUp:
    """The space bar was let go."""


class KeyStream:
    """Takes what a terminal sends apart; pieces may end anywhere."""

    def __init__(self) -> None:
        self._begun = ""
        """The beginning of a sequence, until the rest of it comes."""

    @property
    def may_be_escape(self) -> bool:
        """What waits may also be all: the Escape key, or Alt and a bracket."""
        return self._begun in ("\x1b", "\x1b[")

    def feed(self, text: str) -> Iterator[str | Flags | SpaceUp]:
        """What is for the library, as text, and what is for us, in order."""
        text = self._begun + text
        begun = _BEGUN.search(text)
        end = begun.start() if begun and len(begun[0]) <= _LONGEST else len(text)
        self._begun = text[end:]
        position = 0
        for match in _OURS.finditer(text, 0, end):
            if match.start() > position:
                yield text[position : match.start()]
            yield from _meant(match)
            position = match.end()
        if end > position:
            yield text[position:end]

    def flush(self) -> str:
        """What waits, as text: nothing more belongs to it."""
        begun, self._begun = self._begun, ""
        return begun


def _meant(match: re.Match[str]) -> Iterator[str | Flags | SpaceUp]:
    """What one sequence is to whom; nothing, if nobody needs it."""
    if match["flags"]:
        yield Flags(int(match["flags"]))
        return
    code = int(match["code"] or 1)
    has_character = match["end"] == "u" and code not in _CONTROLS and code not in _FUNCTIONS
    if match["event"] == _RELEASE:
        if match["end"] == "u" and code == _SPACE:
            yield SpaceUp()
    elif match["event"] == _PRESS or not has_character:  # a letter that is held commands once
        yield f"\x1b[{match['code']};{match['modifiers']}{match['text'] or ''}{match['end']}"
