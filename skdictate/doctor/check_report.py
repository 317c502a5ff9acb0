"""How findings are written: for a person, or one JSON object a line for a program."""

from __future__ import annotations

import json
import os
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO

from skdictate.doctor.check_result import Check, CheckResult, CheckState
from skdictate.text.clean_text import clean

WIDEST = 80
"""Columns; lines that are longer are hard to read."""
NAME_COLUMNS = 14
MARKS = {
    CheckState.OK: "✓",
    CheckState.WARNING: "!",
    CheckState.FAILED: "✗",
    CheckState.SKIPPED: "-",
}
PLAIN_MARKS = {**MARKS, CheckState.OK: "+", CheckState.FAILED: "x"}
"""For an output that has no such characters."""
STYLES = {
    CheckState.OK: "green",
    CheckState.WARNING: "bold yellow",
    CheckState.FAILED: "bold red",
    CheckState.SKIPPED: "dim",
}

_COMMAND = re.compile(r"(.*:) ((?:skdictate|sudo|systemctl) [^:]*)")


class CheckReport(Protocol):
    """Takes findings as they come."""

    def begin(self, check: Check) -> None:
        """A check begins."""

    def clear(self) -> None:
        """It is over, with or without a finding."""

    def add(self, finding: CheckResult) -> None:
        """What was found."""

    def end(self, counts: Counter[CheckState]) -> None:
        """All have ended."""


class JsonReport:
    """One object a line, ASCII only; see the README for the fields."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def begin(self, check: Check) -> None:
        """Nothing is said before something is known."""

    def clear(self) -> None:
        """So there is nothing to take back."""

    def add(self, finding: CheckResult) -> None:
        """An object for each finding."""
        self._write(
            event="check",
            name=finding.name,
            state=finding.state,
            detail=clean(finding.detail),
            hint=clean(finding.hint),
        )

    def end(self, counts: Counter[CheckState]) -> None:
        """The sums."""
        self._write(
            event="end",
            ok=counts[CheckState.OK],
            warnings=counts[CheckState.WARNING],
            failed=counts[CheckState.FAILED],
        )

    def _write(self, **fields: str | int) -> None:
        self._out.write(json.dumps({"v": 1, **fields}) + "\n")
        self._out.flush()


class TextReport:
    """A line for each finding, and below it what to do. On a terminal it is coloured, and says
    what is being looked at."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        is_terminal = out.isatty()
        self._can_rewrite = is_terminal and os.environ.get("TERM", "dumb") != "dumb"
        is_coloured = is_terminal and not os.environ.get("NO_COLOR")
        self._paint = _painter(out) if is_coloured else None
        columns = shutil.get_terminal_size().columns if is_terminal else WIDEST
        self._columns = max(2 * NAME_COLUMNS, min(columns, WIDEST))
        self._marks = MARKS if _can_write(out, "".join(MARKS.values())) else PLAIN_MARKS

    def begin(self, check: Check) -> None:
        """Say what is being looked at, where that can be taken back."""
        if self._can_rewrite:
            words = f": {check.asks}" if check.asks else " ..."
            self._out.write(f"\r\x1b[K  {check.name}{words}")
            self._out.flush()

    def clear(self) -> None:
        """Take that back."""
        if self._can_rewrite:
            with suppress(OSError):  # the terminal may be gone, which is why this ends
                self._out.write("\r\x1b[K")
                self._out.flush()

    def add(self, finding: CheckResult) -> None:
        """The finding, wrapped."""
        margin = " " * (NAME_COLUMNS + 2)
        first, *others = self._wrap(finding.detail)
        self._mark(finding.state)
        self._out.write(f" {finding.name:<{NAME_COLUMNS}}{first}\n")
        self._out.writelines(f"{margin}{line}\n" for line in others + self._advice(finding.hint))
        self._out.flush()

    def end(self, counts: Counter[CheckState]) -> None:
        """The sums, in words."""
        said = [
            f"{counts[state]} {name}"
            for state, name in ((CheckState.FAILED, "failed"), (CheckState.WARNING, "to look at"))
            if counts[state]
        ]
        self._out.write(f"{', '.join(said) or 'All is well'}.\n".capitalize())
        self._out.flush()

    def _mark(self, state: CheckState) -> None:
        mark = self._marks[state]
        if self._paint is None:
            self._out.write(mark)
        else:
            self._paint(mark, STYLES[state])

    def _advice(self, hint: str) -> list[str]:
        """The lines of a hint; a command is not broken, so that it can be copied."""
        if not hint:
            return []
        command = _COMMAND.match(hint) if len(self._wrap(hint)) > 1 else None
        words, *commands = command.groups() if command else hint.split("\n")
        return [*self._wrap(words), *(f"  {clean(it)}" for it in commands)]

    def _wrap(self, text: str) -> list[str]:
        """At least one line."""
        width = self._columns - NAME_COLUMNS - 2
        lines = textwrap.wrap(clean(text), width, break_on_hyphens=False)
        return lines or [""]


def _painter(out: TextIO) -> Callable[[str, str], None] | None:
    """Writes in a colour; None where rich is broken, which a check then tells."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return None
    console = Console(file=out, highlight=False)  # heeds TERM by itself
    return lambda text, style: console.print(Text(text, style), end="")


def _can_write(out: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
