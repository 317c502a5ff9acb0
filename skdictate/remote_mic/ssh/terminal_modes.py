"""Tracks the changes that a program makes to a terminal, in order to undo them.

A program that is killed or disconnected does not undo them itself: the alternate screen, mouse
reports and the keyboard protocol stay on. The sequences are those of ECMA-48 and xterm's
``ctlseqs``; the keyboard protocol is kitty's.
"""

from __future__ import annotations

import re

ALTERNATE = (47, 1047, 1049)
"""DEC private modes that show the alternate screen."""
ON_BY_DEFAULT = frozenset((7, 25))
"""Auto-wrap and the visible cursor. All other private modes are off by default."""
MOST = 64
"""The most changes of a kind that are tracked; no honest program makes more."""
_PIECE = re.compile(
    rb"\x1b\[(?P<sign>[<=>?]?)(?P<numbers>[\d;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b(?P<string>[]PX^_])"
    rb"|\x1b(?P<charset>[()])(?P<which>[0-~])"
    rb"|\x1b(?P<single>[0-OQ-WYZ`-~\\])"
)
_BEGUN = re.compile(rb"\x1b(\[[0-?]{0,64}[ -/]{0,8}|[()])?\Z")
"""The beginning of an incomplete sequence."""
_STRING_END = re.compile(rb"\x07|\x1b\\|[\x18\x1a]|\x1b(?=[^\\])")


class TerminalModes:
    """Feed it all output for the terminal, in any pieces."""

    def __init__(self) -> None:
        self._held = b""
        """The beginning of an incomplete sequence."""
        self._is_in_string = False
        """Whether the output is inside a string such as a title, the clipboard or a picture."""
        self._reset()

    def _reset(self) -> None:
        self._is_at_line_start = True
        self._private: dict[int, None] = {}
        """Private modes that differ from the default, in the order of their changes."""
        self._pushed: dict[bool, list[int]] = {False: [], True: []}
        """The keyboard protocol's pushed flags, of the main and of the alternate screen."""
        self._other: dict[str, tuple[bytes, bytes]] = {}
        """Other changes: the bytes that make each, and those that undo it."""

    # ------------------------------------------------------------------------- what there is

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be undone."""
        return not (self._private or self._pushed[self.is_alternate] or self._other)

    @property
    def is_alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        return any(number in self._private for number in ALTERNATE)

    @property
    def is_at_line_start(self) -> bool:
        """Whether the cursor of the main screen is at the start of a line."""
        return self._is_at_line_start

    def undo(self) -> bytes:
        """The bytes that restore the terminal for a shell; empty if nothing was changed."""
        if self.is_clean and not self._held and not self._is_in_string:
            return b""
        cancel = b"\x18\x1b\\" if self._held or self._is_in_string else b""
        sequences = [cancel, *(undo for _, undo in self._other.values())]
        is_alternate = self.is_alternate
        modes = [number for number in self._private if number not in ALTERNATE]
        sequences += [_private(number, number in ON_BY_DEFAULT) for number in modes]
        sequences.append(_popped(self._pushed[is_alternate]))
        if is_alternate:
            sequences += [_private(n, False) for n in self._private if n in ALTERNATE]
            sequences.append(_popped(self._pushed[False]))
        return b"".join([*sequences, b"\x1b[0m"])

    def redo(self) -> bytes:
        """The bytes that make the changes again after ``undo``."""
        is_alternate = self.is_alternate
        sequences = [_private(n, True) for n in self._private if n in ALTERNATE]
        if is_alternate:
            sequences.insert(0, _pushes(self._pushed[False]))
        modes = [number for number in self._private if number not in ALTERNATE]
        sequences += [_private(number, number not in ON_BY_DEFAULT) for number in modes]
        sequences.append(_pushes(self._pushed[is_alternate]))
        others = (again for again, _ in self._other.values())
        return b"".join([*sequences, *others, self._held])

    # ------------------------------------------------------------------------- what comes

    def feed(self, data: bytes) -> None:
        """Track the next output."""
        data, self._held = self._held + data, b""
        place = 0
        while place < len(data):
            if self._is_in_string:
                end = _STRING_END.search(data, place)
                if end is None:
                    self._held = b"\x1b" if data.endswith(b"\x1b") else b""
                    return
                self._is_in_string = False
                place = end.start() if end[0] == b"\x1b" else end.end()
                continue
            escape = data.find(b"\x1b", place)
            self._read_text(data[place : escape if escape >= 0 else len(data)])
            if escape < 0:
                return
            piece = _PIECE.match(data, escape)
            if piece is not None:
                self._read(piece)
                place = piece.end()
            elif _BEGUN.match(data, escape):
                self._held = data[escape:]
                return
            else:
                place = escape + 1

    def _read_text(self, text: bytes) -> None:
        if text:
            self._is_at_line_start = text.endswith((b"\n", b"\r"))

    def _read(self, piece: re.Match[bytes]) -> None:
        if piece["string"]:
            self._is_in_string = True
        elif piece["charset"]:
            self._change(piece[0][:2].decode(), piece[0], b"\x1b" + piece["charset"] + b"B")
        elif piece["single"]:
            self._read_single(piece["single"])
        else:
            numbers = [int(it[:6] or 0) for it in re.split(b"[;:]", piece["numbers"])]
            self._read_control(piece, piece["sign"] + piece["between"] + piece["final"], numbers)

    def _read_single(self, final: bytes) -> None:
        if final == b"c":
            self._reset()
        elif final in b"=>":
            self._change("keypad", b"\x1b" + final, b"\x1b>")

    def _read_control(self, piece: re.Match[bytes], kind: bytes, numbers: list[int]) -> None:
        match kind:
            case b"?h" | b"?l":
                for number in numbers:
                    self._set(number, is_on=kind == b"?h")
            case b">u" if len(stack := self._pushed[self.is_alternate]) < MOST:
                stack.append(numbers[0])
            case b"<u":
                del self._pushed[self.is_alternate][-max(1, numbers[0]) :]
            case b"=u":
                self._set_flags(*numbers[:2])
            case b">m" if numbers[0] == 4:  # xterm's modifyOtherKeys
                self._change("other keys", piece[0], b"\x1b[>4m")
            case b" q":
                self._change("cursor", piece[0], b"\x1b[0 q")
            case b"h" | b"l" if numbers == [4]:
                self._change("insert", piece[0], b"\x1b[4l")
            case b"r":
                undo = b"\x1b[r" if piece["numbers"] == b"" else b"\x1b7\x1b[r\x1b8"
                self._change("scroll region", piece[0], undo)

    def _set(self, number: int, *, is_on: bool) -> None:
        if is_on == (number in ON_BY_DEFAULT):
            self._private.pop(number, None)
        elif len(self._private) < MOST:
            self._private[number] = None
        if number in ALTERNATE and not is_on:
            self._is_at_line_start = True

    def _set_flags(self, flags: int, mode: int = 1) -> None:
        """Set the flags of the keyboard protocol: those pushed last, or those of the shell."""
        stack = self._pushed[self.is_alternate]
        before = stack[-1] if stack else 0
        after = {2: before | flags, 3: before & ~flags}.get(mode, flags)
        if stack:
            stack[-1] = after
        else:
            self._change("keyboard", b"\x1b[=%du" % after, b"\x1b[=0u")

    def _change(self, what: str, again: bytes, undo: bytes) -> None:
        """Remember a change, or that it was undone."""
        if again == undo:
            self._other.pop(what, None)
        else:
            self._other[what] = (again, undo)


def _private(number: int, is_on: bool) -> bytes:
    return b"\x1b[?%d%s" % (number, b"h" if is_on else b"l")


def _popped(stack: list[int]) -> bytes:
    if len(stack) == 1:
        return b"\x1b[<u"
    return b"\x1b[<%du" % len(stack) if stack else b""


def _pushes(stack: list[int]) -> bytes:
    return b"".join(b"\x1b[>%du" % flags for flags in stack)
