"""Asks where the page may be saved, when it could not be where it was meant to."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from skdictate.text.clean_text import clean


class SaveScreen(ModalScreen[str | None]):
    """Gives a path as it was typed, or None if the page is not to be saved."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]

    def __init__(self, words: str, path: str, *, is_exiting: bool = False) -> None:
        super().__init__()
        self._words = words
        """Why it is asked."""
        self._path = path
        self.is_exiting = is_exiting
        """The program ends when it is saved."""

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical(id="save") as box:
            yield Static(clean(self._words), id="about", markup=False)
            yield Input(clean(self._path))
        box.border_title = "Save the page elsewhere"
        keys = "Enter saves, Esc goes back"
        box.border_subtitle = f"{keys}, Ctrl+Q leaves without" if self.is_exiting else keys

    @on(Input.Submitted)
    def _save(self, message: Input.Submitted) -> None:
        message.stop()
        if message.value.strip():
            self.dismiss(message.value.strip())
