"""Stores lines in arrays, to save memory: a page holds hours of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from skdictate.core.changes import Line

_REFINED, _CONFIRMED = 1, 2


class PackedLines:
    """The lines of one dictation by number; numbers begin at 1 and have no gaps."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._starts = array("q")
        self._ends = array("q")
        self._sessions = array("q")
        self._flags = array("B")

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[Line]:
        return (self[number] for number in range(1, len(self) + 1))

    def __getitem__(self, number: int) -> Line:
        index = number - 1
        flags = self._flags[index]
        return Line(
            number,
            self._texts[index],
            self._starts[index],
            self._ends[index],
            self._sessions[index],
            is_refined=bool(flags & _REFINED),
            is_confirmed=bool(flags & _CONFIRMED),
        )

    def put(self, line: Line) -> None:
        """Append the next line, or replace the text of an existing one."""
        flags = _REFINED * line.is_refined + _CONFIRMED * line.is_confirmed
        if line.number <= len(self):
            self._texts[line.number - 1] = line.text
            self._flags[line.number - 1] = flags
            return
        assert line.number == len(self) + 1
        self._texts.append(line.text)
        self._starts.append(line.start_sample)
        self._ends.append(line.end_sample)
        self._sessions.append(line.session_number)
        self._flags.append(flags)
