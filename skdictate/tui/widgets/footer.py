"""The footer: the keys that do something now, as far as one wants them now."""

from __future__ import annotations

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from skdictate.tui.actions import ACTIONS

FOR_REST = frozenset(action.id for action in ACTIONS if action.is_for_rest)
GIVE_WAY = ("settings", "microphones", "history", "new", "save", "findings", "end_utterance")
"""What a narrow terminal shows last, the least wanted first; the help has all of them."""
AROUND = 3
"""Cells beside the words of a key: one between them, and two to the next."""


class KeyFooter(Footer):
    """While one dictates it has no room for what can wait; those keys still work."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)  # the help tells of it
        self.is_at_rest = True
        self._fitted = 0
        """The width that the keys were chosen for."""

    def compose(self) -> ComposeResult:
        """The library's, without what can wait."""
        self._forget()
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        if not self.is_at_rest:
            keys = [key for key in keys if key.action not in FOR_REST]
        self._fitted = self.app.size.width
        for action in GIVE_WAY:
            if sum(map(_width, keys)) > self._fitted:
                keys = [key for key in keys if key.action != action]
        yield from keys

    def on_resize(self) -> None:
        """Another width, other keys."""
        if self.app.size.width != self._fitted:
            self.refresh(recompose=True)

    def _forget(self) -> None:
        """Let go of the keys before these: the library would keep all of them.

        It looks through its watchers when they are called, and it remembers the pictures of a
        thousand widgets, whether they are still there or not.
        """
        self.mutate_reactive(Footer.compact)
        StylesCache.get_inner_outer.cache_clear()


def _width(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + AROUND
