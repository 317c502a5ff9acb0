"""Asks for another file when the page could not be saved."""

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
    """Returns the typed path, or None if the user cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]

    def __init__(self, words: str, path: str, *, is_exiting: bool = False) -> None:
        super().__init__()
        self._words = words
        """Why another file is needed."""
        self._path = path
        self.is_exiting = is_exiting
        """Whether the program ends once the page is saved."""

    def compose(self) -> ComposeResult:
        """A box with the reason and a field for the path."""
        with Vertical(id="save") as box:
            yield Static(clean(self._words), id="about", markup=False)
            yield Input(clean(self._path))
        box.border_title = "Save the page elsewhere"
        keys = "Enter saves, Esc cancels"
        box.border_subtitle = f"{keys}, Ctrl+Q quits unsaved" if self.is_exiting else keys

    @on(Input.Submitted)
    def _save(self, message: Input.Submitted) -> None:
        message.stop()
        if message.value.strip():
            self.dismiss(message.value.strip())
