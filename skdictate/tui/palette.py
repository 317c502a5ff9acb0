"""The palette: everything that a key does now, by name, and the library's own commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from textual.app import App, SystemCommand

from skdictate.tui.actions import ACTIONS

_UNWANTED = ("Quit", "Keys", "Screenshot", "Maximize", "Minimize")
"""Of the library's commands: ours do it better, or there is nothing to do it to."""


def commands(app: App[int], standard: Iterable[SystemCommand]) -> Iterator[SystemCommand]:
    """What the palette offers at this moment."""
    for action in ACTIONS:
        if action.in_palette and app.check_action(action.id, ()):
            run = partial(app.call_later, app.run_action, action.id)
            yield SystemCommand(action.label, action.tooltip, run)
    yield from (command for command in standard if command.title not in _UNWANTED)
