"""Breaks a text into rows of a width in cells; wide characters count two."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells


def wrapped(text: str, width: int) -> list[str]:
    """Rows, broken at spaces where that is possible; at least one."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if cell_len(longer) <= width:
            row = longer
            continue
        if row:
            rows.append(row)
        *full, row = chop_cells(word, width) if cell_len(word) > width else [word]
        rows.extend(full)
    return [*rows, row] if row or not rows else rows
