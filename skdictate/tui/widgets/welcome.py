"""The welcome, shown while there is no text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from skdictate.tui.dictation_control import HOLD, TOGGLE

GREETINGS = {"": Content("One moment.")} | {
    way: Content.assemble(
        (words, "bold"),
        "\n\n",
        ("Your words appear here. Sound and text are saved as you speak.", "$foreground-muted"),
    )
    for way, words in ((TOGGLE, "Press space and speak."), (HOLD, "Hold space and speak."))
}
"""Welcome by the value of the setting ``talk``; the empty key is for "not ready yet"."""


class Welcome(Vertical):
    """Tells the user how to begin."""

    def compose(self) -> ComposeResult:
        """A centred text."""
        yield Static()

    def show(self, words: Content) -> None:
        """Show this text."""
        self.query_one(Static).update(words)
