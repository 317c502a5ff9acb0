"""Wraps text to a width in terminal cells; wide characters take two."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

_NARROW = re.compile(
    r"[ -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0513\u2010-\u2027\u2030-\u205e]*"
)
"""Matches text whose characters take one cell each: Latin, Greek, Cyrillic, punctuation."""


def wrapped(text: str, width: int) -> list[str]:
    """Break text at spaces, or within words longer than ``width`` cells; returns 1 or more rows."""
    measure = len if _NARROW.fullmatch(text) else cell_len
    rows: list[str] = []
    row = ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if measure(longer) <= width:
            row = longer
            continue
        if row:
            rows.append(row)
        *full, row = chop_cells(word, width) if measure(word) > width else [word]
        rows.extend(full)
    return [*rows, row] if row or not rows else rows
