"""Asks for the engine and the language of a reprocessing order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from skdictate.tui.actions import closing

ENGINES = (
    ("", "As in the settings: {name}"),
    ("local", "Embedded recogniser (English only)"),
    ("speechkit", "SpeechKit with your key"),
)


@dataclass(frozen=True, slots=True)
class ReprocessOptions:
    """Engine and languages of an order."""

    engine: str
    """Value of the setting ``engine``; empty for the one in force."""
    language: tuple[str, ...]


class ReprocessScreen(ModalScreen[ReprocessOptions | None]):
    """Returns the options, or None if the user cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [(closing(), "dismiss", "Close")]

    def __init__(self, what: str, name: str, language: str) -> None:
        super().__init__()
        self._what = what
        self._name = name
        """Name of the engine in force."""
        self._language = language

    def compose(self) -> ComposeResult:
        """A box with the choice of engine and a field for the language."""
        with VerticalScroll(id="again") as box:
            yield Static(Content(self._what))
            yield OptionList(
                *(Option(words.format(name=self._name)) for _, words in ENGINES), markup=False
            )
            yield Static(Content("Languages such as en-US, separated by commas; empty for any"))
            yield Input(self._language, compact=True)
        box.border_title = "Recognise again"
        box.border_subtitle = "Enter starts, Tab moves to the language, Esc closes"

    def on_mount(self) -> None:
        """Highlight the engine in force."""
        choices = self.query_one(OptionList)
        choices.highlighted = 0
        choices.focus()

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _begin(self) -> None:
        engine, _ = ENGINES[self.query_one(OptionList).highlighted or 0]
        given = self.query_one(Input).value.split(",")
        self.dismiss(
            ReprocessOptions(engine, tuple(code.strip() for code in given if code.strip()))
        )
