"""A setting as a row: its name, its value, who has set it; what it is, where there is room."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content

from skdictate.config import Settings
from skdictate.core.clean import clean
from skdictate.ledger import DEFAULT, Ledger, said, wanted
from skdictate.options import Option

NAME_WIDTH, VALUE_WIDTH = 20, 18
LEAST = NAME_WIDTH + 8
"""Cells of a row on a screen however narrow."""
WIDE = 90
"""From this width on there is room to say what each is."""


def drawn(option: Option, ledger: Ledger, width: int) -> Content:
    """The row, exactly that wide."""
    width = max(LEAST, width)
    mark = _mark(option, ledger)
    words = "" if mark or width < WIDE else option.help
    room = VALUE_WIDTH if words else max(4, width - NAME_WIDTH - len(mark) - 4)
    value = _filled(_value(option, ledger), room)
    tail = _filled(Content(words or mark), width - NAME_WIDTH - room - 3)
    return Content.assemble("  ", f"{option.name:<{NAME_WIDTH}}", value, " ", tail.stylize("dim"))


def explained(option: Option, ledger: Ledger) -> list[Content]:
    """What it is; below that what it may be, and where it comes from."""
    usual = said(getattr(Settings(), option.name))
    origin = clean(Path(ledger.origin(option)).name)
    words = f"{option.help[:1].upper()}{option.help[1:]}."
    may_be = f"{wanted(option)} · " if wanted(option) else ""
    whence = (
        "the default"
        if origin == DEFAULT
        else f"from {origin}; the default is {'none' if usual == '-' else usual}"
    )
    return [
        Content.assemble((words, "bold")),
        Content.assemble((f"{may_be}{option.flag} · {whence}", "$foreground-muted")),
    ]


def _value(option: Option, ledger: Ledger) -> Content:
    words = ledger.said(option)
    if option.is_switch:
        sign, style = ("●", "$text-success") if words == "on" else ("○", "dim")
        return Content.assemble((f"{sign} {words}", style))
    return Content.assemble((words, "dim" if ledger.origin(option) == DEFAULT else "bold"))


def _mark(option: Option, ledger: Ledger) -> str:
    """Who has set it, if somebody has."""
    if ledger.obstacle(option):
        return f"{ledger.origin(option)} "
    return "" if ledger.origin(option) == DEFAULT else "set "


def _filled(words: Content, width: int) -> Content:
    """Exactly that wide."""
    if words.cell_length > width:
        words = words.truncate(width, ellipsis=True)
    return words + Content(" " * (width - words.cell_length))
