"""Draws a setting as a row: name, value, and help or origin."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content

from skdictate.settings.config import Settings
from skdictate.settings.option_table import Option
from skdictate.settings.settings_editor import DEFAULT, SettingsEditor, allowed_values, value_text
from skdictate.text.clean_text import clean

NAME_WIDTH, VALUE_WIDTH = 20, 18
LEAST = NAME_WIDTH + 8
"""Minimum width of a row in cells."""
WIDE = 90
"""Width in cells from which a row shows the help text."""


def drawn(option: Option, editor: SettingsEditor, width: int) -> Content:
    """A row of the list, exactly ``width`` cells wide."""
    width = max(LEAST, width)
    mark = _mark(option, editor)
    words = "" if mark or width < WIDE else option.help
    room = VALUE_WIDTH if words else max(4, width - NAME_WIDTH - len(mark) - 4)
    value = _filled(_value(option, editor), room)
    tail = _filled(Content(words or mark), width - NAME_WIDTH - room - 3)
    return Content.assemble("  ", f"{option.name:<{NAME_WIDTH}}", value, " ", tail.stylize("dim"))


def explained(option: Option, editor: SettingsEditor) -> list[Content]:
    """Two rows: the help; then allowed values, flag and origin."""
    usual = value_text(getattr(Settings(), option.name))
    origin = clean(Path(editor.origin(option)).name)
    words = f"{option.help[:1].upper()}{option.help[1:]}."
    may_be = f"{allowed_values(option)} · " if allowed_values(option) else ""
    whence = (
        "the default"
        if origin == DEFAULT
        else f"from {origin}; the default is {'none' if usual == '-' else usual}"
    )
    return [
        Content.assemble((words, "bold")),
        Content.assemble((f"{may_be}{option.flag} · {whence}", "$foreground-muted")),
    ]


def _value(option: Option, editor: SettingsEditor) -> Content:
    words = editor.value_text(option)
    if option.is_switch:
        sign, style = ("●", "$text-success") if words == "on" else ("○", "dim")
        return Content.assemble((f"{sign} {words}", style))
    return Content.assemble((words, "dim" if editor.origin(option) == DEFAULT else "bold"))


def _mark(option: Option, editor: SettingsEditor) -> str:
    """Origin of the value: the flag or variable that overrides it, "set", or empty."""
    if editor.obstacle(option):
        return f"{editor.origin(option)} "
    return "" if editor.origin(option) == DEFAULT else "set "


def _filled(words: Content, width: int) -> Content:
    """Truncate or pad to exactly ``width`` cells."""
    if words.cell_length > width:
        words = words.truncate(width, ellipsis=True)
    return words + Content(" " * (width - words.cell_length))
