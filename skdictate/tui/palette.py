"""The command palette: the actions that are valid now, and some commands of Textual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from textual.app import App, SystemCommand

from skdictate.tui.actions import ACTIONS

_UNWANTED = ("Quit", "Keys", "Screenshot", "Maximize", "Minimize")
"""Textual's commands that are left out: replaced by ours, or without use here."""


def commands(app: App[int], standard: Iterable[SystemCommand]) -> Iterator[SystemCommand]:
    """The commands that are valid at this moment.

    Args:
        app: the app that runs them.
        standard: Textual's own commands.
    """
    for action in ACTIONS:
        if action.in_palette and app.check_action(action.id, ()):
            run = partial(app.call_later, app.run_action, action.id)
            yield SystemCommand(action.label, action.tooltip, run)
    yield from (command for command in standard if command.title not in _UNWANTED)
