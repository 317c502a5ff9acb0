"""The keyboard half of a terminal that has the kitty keyboard protocol."""

from __future__ import annotations

import re

ALL = 0b11111
"""All flags of the protocol."""
SPACE_DOWN = "\x1b[32;;32u"
SPACE_AGAIN = "\x1b[32;1:2;32u"
SPACE_UP = "\x1b[32;1:3u"
FOCUS_OUT = "\x1b[O"
_CALL = re.compile(rb"\x1b\[([<>=?])(\d*)(?:;(\d*))?u")


class Kitty:
    """Keeps the flags as such a terminal does, and answers when it is asked for them."""

    def __init__(self, known: int = ALL) -> None:
        self.stack = [0]
        """The flags in force are the last."""
        self.has_underflown = False
        """More was taken back than had been asked for: flags of another program."""
        self._known = known
        self._heard = 0

    def hear(self, output: bytes) -> bytes:
        """All that the program has written so far; what the terminal says to it."""
        answers = b""
        for call in _CALL.finditer(output, self._heard):
            self._heard = call.end()
            answers += self._obey(call[1].decode(), int(call[2] or 0), int(call[3] or 1))
        return answers

    def _obey(self, sign: str, number: int, mode: int) -> bytes:
        flags = number & self._known
        if sign == "?":
            return b"\x1b[?%du" % self.stack[-1]
        if sign == ">":
            self.stack.append(flags)
        elif sign == "=":
            before = self.stack[-1]
            self.stack[-1] = {1: flags, 2: before | flags, 3: before & ~flags}[mode]
        else:
            for _ in range(number or 1):
                self.has_underflown |= len(self.stack) == 1
                self.stack = self.stack[:-1] or [0]
        return b""
