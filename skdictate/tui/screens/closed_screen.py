"""Tells whether a screen may still be drawn on by what was started while it was open."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def is_closed(screen: Screen[Any]) -> bool:
    """Whether a screen has closed or is about to.

    Textual removes a screen's widgets before it cancels the screen's workers, and cannot cancel
    threads at all. A result that arrives in between has no place to be shown.
    """
    return not screen.display or screen not in screen.app.screen_stack
