"""The footer: keys that are valid now, as many as fit."""

from __future__ import annotations

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from skdictate.tui.actions import ACTIONS

FOR_REST = frozenset(action.id for action in ACTIONS if action.is_for_rest)
GIVE_WAY = ("settings", "microphones", "history", "new", "save", "findings", "end_utterance")
"""Actions left out on a narrow terminal, first one first; the help has all of them."""
AROUND = 3
"""Cells of padding per key: one between key and label, two before the next key."""


class KeyFooter(Footer):
    """Hides keys during a dictation that are not about it; they still work."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)  # it is in the help
        self.is_at_rest = True
        self._fitted = 0
        """Width in cells that the keys were chosen for."""

    def compose(self) -> ComposeResult:
        """Textual's keys, without those that are hidden or do not fit."""
        self._release_old_keys()
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        if not self.is_at_rest:
            keys = [key for key in keys if key.action not in FOR_REST]
        self._fitted = self.app.size.width
        for action in GIVE_WAY:
            if sum(map(_width, keys)) > self._fitted:
                keys = [key for key in keys if key.action != action]
        yield from keys

    def on_resize(self) -> None:
        """Choose the keys again if the width has changed."""
        if self.app.size.width != self._fitted:
            self.refresh(recompose=True)

    def _release_old_keys(self) -> None:
        """Drop Textual's references to the former key widgets.

        Textual removes dead watchers only when they are called, and caches the styles of up to a
        thousand widgets, so each recomposition would hold memory.
        """
        self.mutate_reactive(Footer.compact)
        StylesCache.get_inner_outer.cache_clear()


def _width(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + AROUND
