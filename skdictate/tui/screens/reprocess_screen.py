"""Who recognises it this time, and in which language."""

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
    ("", "As set: {name}"),
    ("local", "The embedded recogniser, which knows English"),
    ("speechkit", "SpeechKit, with your key"),
)


@dataclass(frozen=True, slots=True)
class ReprocessOptions:
    """How it is recognised."""

    engine: str
    """As in the settings; empty for the one that is set."""
    language: tuple[str, ...]


class ReprocessScreen(ModalScreen[ReprocessOptions | None]):
    """Gives how, or None if it is to stay as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [(closing(), "dismiss", "Close")]

    def __init__(self, what: str, name: str, language: str) -> None:
        super().__init__()
        self._what = what
        self._name = name
        """Of the engine that is set."""
        self._language = language

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with VerticalScroll(id="again") as box:
            yield Static(Content(self._what))
            yield OptionList(
                *(Option(words.format(name=self._name)) for _, words in ENGINES), markup=False
            )
            yield Static(Content("Language, as en-US; with commas between; empty for any"))
            yield Input(self._language, compact=True)
        box.border_title = "Recognise again"
        box.border_subtitle = "Enter begins, Tab goes to the language, Esc closes"

    def on_mount(self) -> None:
        """The engine that is set is the likeliest."""
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
