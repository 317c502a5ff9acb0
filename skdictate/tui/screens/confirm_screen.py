"""Dialog that asks for confirmation before something is deleted."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from skdictate.tui.actions import closing


class ConfirmScreen(ModalScreen[bool]):
    """Returns whether the user confirmed; only ``y`` confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,н,Y,Н", "answer(True)", "Yes"),
        (closing("n", "enter", "space"), "answer(False)", "No"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """A box with the question."""
        with Vertical(id="sure") as box:
            yield Static(Content(self._question))
        box.border_title = "Delete"
        box.border_subtitle = "y deletes, Esc cancels"

    def action_answer(self, is_sure: bool) -> None:
        """Close with the answer."""
        self.dismiss(is_sure)
