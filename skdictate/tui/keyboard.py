"""Parses key releases and repeats of the kitty keyboard protocol out of terminal input.

In the protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) a key is
``CSI code ; modifiers : event ; text u``, or ends in ``~`` or a capital letter. Textual requests
keys in this form but neither requests nor parses event types, so they are removed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

EVENT_TYPES = 0b10
"""Protocol flag: report event types, which are press, repeat and release."""
ASK = f"\x1b[={EVENT_TYPES};2u\x1b[?u"
"""Adds the flag to those in force, then queries them. Textual resets all flags at its end."""
_PRESS, _REPEAT, _RELEASE = "1", "2", "3"
_SPACE = 32
_FUNCTIONS = range(57_344, 63_744)
"""Codes of keys without a character, such as keypad keys: a Unicode private use area."""
_CONTROLS = (9, 13, 27, 127)
"""Codes of Tab, Enter, Escape and Backspace."""
_LONGEST = 64
"""Characters after which an unfinished sequence counts as plain text."""
_OURS = re.compile(
    "\x1b\\["
    r"(?:\?(?P<flags>\d+)u"
    r"|(?P<code>\d*)(?::\d*)*;(?P<modifiers>\d*):(?P<event>\d+)(?P<text>;[\d:]*)?(?P<end>[u~A-Z]))"
)
_BEGUN = re.compile("\x1b(?:\\[(?:\\?|\\d[\\d:;]*|\\?\\d+)?)?\\Z")
"""Matches the beginning of such a sequence at the end of a text."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The terminal's answer to the query: the flags in force."""

    bits: int

    @property
    def has_events(self) -> bool:
        """Whether the terminal reports releases and repeats."""
        return bool(self.bits & EVENT_TYPES)


@dataclass(frozen=True, slots=True)
class SpaceUp:
    """The space bar was released."""


class KeyStream:
    """Incremental parser of terminal input; a sequence may be split over several calls."""

    def __init__(self) -> None:
        self._begun = ""
        """Start of a sequence whose rest has not arrived."""

    @property
    def may_be_escape(self) -> bool:
        """Whether the waiting text may be a whole key: Escape, or Alt and a bracket."""
        return self._begun in ("\x1b", "\x1b[")

    def feed(self, text: str) -> Iterator[str | Flags | SpaceUp]:
        """Split input, in order, into text for Textual's parser and events for the app."""
        text = self._begun + text
        begun = _BEGUN.search(text)
        end = begun.start() if begun and len(begun[0]) <= _LONGEST else len(text)
        self._begun = text[end:]
        position = 0
        for match in _OURS.finditer(text, 0, end):
            if match.start() > position:
                yield text[position : match.start()]
            yield from _translated(match)
            position = match.end()
        if end > position:
            yield text[position:end]

    def flush(self) -> str:
        """Return the waiting text as it is, since no more of a sequence has come."""
        begun, self._begun = self._begun, ""
        return begun


def _translated(match: re.Match[str]) -> Iterator[str | Flags | SpaceUp]:
    """One sequence as an event or as text without its event type; nothing if not needed."""
    if match["flags"]:
        yield Flags(int(match["flags"]))
        return
    code = int(match["code"] or 1)
    has_character = match["end"] == "u" and code not in _CONTROLS and code not in _FUNCTIONS
    if match["event"] == _RELEASE:
        if match["end"] == "u" and code == _SPACE:
            yield SpaceUp()
    elif match["event"] == _PRESS or not has_character:  # a held letter acts once
        yield f"\x1b[{match['code']};{match['modifiers']}{match['text'] or ''}{match['end']}"
