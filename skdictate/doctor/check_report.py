"""Writes the results of checks: as text for a person, or as JSON lines for a program."""

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
"""Maximum width in columns; longer lines are hard to read."""
NAME_COLUMNS = 14
MARKS = {
    CheckState.OK: "✓",
    CheckState.WARNING: "!",
    CheckState.FAILED: "✗",
    CheckState.SKIPPED: "-",
}
PLAIN_MARKS = {**MARKS, CheckState.OK: "+", CheckState.FAILED: "x"}
"""Marks for an output whose encoding lacks the others."""
STYLES = {
    CheckState.OK: "green",
    CheckState.WARNING: "bold yellow",
    CheckState.FAILED: "bold red",
    CheckState.SKIPPED: "dim",
}

_COMMAND = re.compile(r"(.*:) ((?:skdictate|sudo|systemctl) [^:]*)")


class CheckReport(Protocol):
    """Receives the checks' results one by one."""

    def begin(self, check: Check) -> None:
        """A check begins."""

    def clear(self) -> None:
        """The check is over, with or without a result."""

    def add(self, finding: CheckResult) -> None:
        """Add a result."""

    def end(self, counts: Counter[CheckState]) -> None:
        """All checks are over; ``counts`` has the number of results in each state."""


class JsonReport:
    """One JSON object per line, ASCII only; the manual lists the fields."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def begin(self, check: Check) -> None:
        """Write nothing: only results are reported."""

    def clear(self) -> None:
        """Do nothing: ``begin`` writes nothing."""

    def add(self, finding: CheckResult) -> None:
        """Write a result as an object."""
        self._write(
            event="check",
            name=finding.name,
            state=finding.state,
            detail=clean(finding.detail),
            hint=clean(finding.hint),
        )

    def end(self, counts: Counter[CheckState]) -> None:
        """Write the totals."""
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
    """Writes each result as a line with the remedy below it.

    A terminal gets colours, and shows which check is running.
    """

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
        """Show which check is running, on a terminal where the line can be rewritten."""
        if self._can_rewrite:
            words = f": {check.asks}" if check.asks else " ..."
            self._out.write(f"\r\x1b[K  {check.name}{words}")
            self._out.flush()

    def clear(self) -> None:
        """Remove the line that ``begin`` wrote."""
        if self._can_rewrite:
            with suppress(OSError):  # the terminal may be gone
                self._out.write("\r\x1b[K")
                self._out.flush()

    def add(self, finding: CheckResult) -> None:
        """Write a result, wrapped to the width."""
        margin = " " * (NAME_COLUMNS + 2)
        first, *others = self._wrap(finding.detail)
        self._mark(finding.state)
        self._out.write(f" {finding.name:<{NAME_COLUMNS}}{first}\n")
        self._out.writelines(f"{margin}{line}\n" for line in others + self._advice(finding.hint))
        self._out.flush()

    def end(self, counts: Counter[CheckState]) -> None:
        """Write the totals in words."""
        states = (
            (CheckState.FAILED, "failed", "failed"),
            (CheckState.WARNING, "warning", "warnings"),
        )
        totals = [
            f"{counts[state]} {one if counts[state] == 1 else many}"
            for state, one, many in states
            if counts[state]
        ]
        self._out.write(f"{', '.join(totals) or 'No problems found'}.\n".capitalize())
        self._out.flush()

    def _mark(self, state: CheckState) -> None:
        mark = self._marks[state]
        if self._paint is None:
            self._out.write(mark)
        else:
            self._paint(mark, STYLES[state])

    def _advice(self, hint: str) -> list[str]:
        """The lines of a hint; a command stays on one line, so that it can be copied."""
        if not hint:
            return []
        command = _COMMAND.match(hint) if len(self._wrap(hint)) > 1 else None
        words, *commands = command.groups() if command else hint.split("\n")
        return [*self._wrap(words), *(f"  {clean(it)}" for it in commands)]

    def _wrap(self, text: str) -> list[str]:
        """Wrap text into one or more lines."""
        width = self._columns - NAME_COLUMNS - 2
        lines = textwrap.wrap(clean(text), width, break_on_hyphens=False)
        return lines or [""]


def _painter(out: TextIO) -> Callable[[str, str], None] | None:
    """A function that writes text in a style; None if rich is broken, which a check reports."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return None
    console = Console(file=out, highlight=False)  # rich reads TERM itself
    return lambda text, style: console.print(Text(text, style), end="")


def _can_write(out: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
