"""What stands in place of the text while there is none."""

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
        ("Your words appear here. Sound and text are kept as they come.", "$foreground-muted"),
    )
    for way, words in ((TOGGLE, "Press space and speak."), (HOLD, "Hold space and speak."))
}
"""What to do with space, by the way to talk; by none, while one cannot."""


class Welcome(Vertical):
    """Says what to do to get some text."""

    def compose(self) -> ComposeResult:
        """A few words in the middle."""
        yield Static()

    def show(self, words: Content) -> None:
        """Say it."""
        self.query_one(Static).update(words)
