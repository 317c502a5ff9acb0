"""What the parts of the soak are asked for, and what they answer: rows of one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Options:
    """How much of each; ``seed`` is where the random schedules begin."""

    schedules: int = 1_000
    answers: int = 100_000
    screens: int = 100_000
    requests: int = 20_000
    hours: float = 1.0
    kills: int = 200
    cuts: int = 200
    disks: int = 500
    seed: int = 1
    jobs: int = 2
    """Processes that work at a time."""


@dataclass(frozen=True)
class Row:
    """One line of the table; what is not well fails the soak."""

    name: str
    value: str
    is_well: bool = True


class Part(Protocol):
    """A module of the soak."""

    def run(self, options: Options) -> list[Row]:
        """Do it, and say what was found; what goes wrong is printed as it is found."""


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table, for ``docs/promises.md``."""
    lines = ["| | |", "|---|---|"]
    for row in rows:
        mark = "" if row.is_well else " **(not well)**"
        lines.append(f"| {row.name} | {row.value}{mark} |")
    return "\n".join(lines)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
