"""One setting, changed in the way that fits it: a choice, a line, or a list."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option as Row

from skdictate.errors import ProblemError
from skdictate.settings.config import Settings
from skdictate.settings.option_table import Option
from skdictate.settings.settings_editor import SettingsEditor, wanted
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing


class Editor(ModalScreen[None]):
    """A box with what the setting is about, a widget, and what is wrong with what it holds."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(closing(), "dismiss", "Back")]
    HOW = "Enter keeps, Esc leaves it"

    def __init__(self, option: Option, editor: SettingsEditor) -> None:
        super().__init__()
        self._option = option
        self._editor = editor

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with Vertical(id="editor") as box:
            yield Static(Content(self._about()), id="about")
            yield from self.widgets()
            yield Static(id="wrong", markup=False)
        box.border_title = self._option.name
        box.border_subtitle = self.HOW

    def _about(self) -> str:
        words = f"{self._option.help[:1].upper()}{self._option.help[1:]}."
        may_be = "" if self._option.choices else wanted(self._option)
        return f"{words}\n{may_be[:1].upper()}{may_be[1:]}." if may_be else words

    def widgets(self) -> list[Widget]:
        """What the value is changed with."""
        raise NotImplementedError

    def keep(self, given: Any) -> bool:
        """Change it; whether that could be done."""
        try:
            self._editor.change(self._option, given)
        except ProblemError as error:
            self.say(error)
            return False
        return True

    def look(self, given: Any) -> None:
        """Say at once whether it could be that."""
        try:
            self._editor.check(self._option, given)
        except ProblemError as error:
            self.say(error)
        else:
            self.say(None)

    def say(self, error: ProblemError | None) -> None:
        """What is wrong, in a sentence; of a value only what would be right: it is in view."""
        words = ""
        if error is not None:
            problem = error.problem
            words = problem.hint if problem.detail.endswith("(from here)") else str(problem)
        self.query_one("#wrong", Static).update(Content(clean(words)))


class ChoiceEditor(Editor):
    """One of a few."""

    HOW = "Enter chooses, Esc leaves it"

    def widgets(self) -> list[Widget]:
        """All of them, the present one highlighted."""
        usual = getattr(Settings(), self._option.name)
        present = getattr(self._editor.settings, self._option.name)
        rows = []
        for choice in self._option.choices:
            mark = ("● ", "$text-success") if choice == present else "  "
            note = ("  default", "dim") if choice == usual else ""
            rows.append(Row(Content.assemble(mark, str(choice), note)))
        choices = OptionList(*rows)
        if present in self._option.choices:
            choices.highlighted = self._option.choices.index(present)
        return [choices]

    @on(OptionList.OptionSelected)
    def _choose(self, message: OptionList.OptionSelected) -> None:
        if self.keep(self._option.choices[message.option_index]):
            self.dismiss()


class LineEditor(Editor):
    """A number or a text."""

    def widgets(self) -> list[Widget]:
        """The value, to be typed over; what is private is typed anew."""
        hint = "Typed anew: what is set is not shown" if self._option.is_private else "None"
        kinds: dict[Any, Any] = {int: "integer", float: "number"}
        kind = kinds.get(self._option.parse, "text")
        typed = self._editor.typed(self._option)
        return [Input(typed, placeholder=hint, type=kind, compact=True)]

    @on(Input.Changed)
    def _look(self, message: Input.Changed) -> None:
        self.look(message.value)

    @on(Input.Submitted)
    def _keep(self, message: Input.Submitted) -> None:
        if self.keep(message.value):
            self.dismiss()


class ListEditor(Editor):
    """Several texts, each added and removed by itself."""

    HOW = "Enter adds, ↓ Del removes, Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete,backspace", "remove", "Remove"),
        Binding("down", "app.focus_next", show=False),
    ]

    def widgets(self) -> list[Widget]:
        """A line for another one, above those that there are."""
        return [Input(placeholder="Another one", compact=True), OptionList(markup=False)]

    def on_mount(self) -> None:
        """Show those that there are."""
        self._show()

    @property
    def _items(self) -> list[str]:
        return list(getattr(self._editor.settings, self._option.name))

    def _show(self) -> None:
        items = self.query_one(OptionList)
        items.set_options([Row(Content(clean(item))) for item in self._items])
        items.display = bool(self._items)
        items.highlighted = 0 if self._items else None
        if not items.display:
            self.query_one(Input).focus()

    @on(Input.Changed)
    def _look(self, message: Input.Changed) -> None:
        self.look(message.value)

    @on(Input.Submitted)
    def _add(self, message: Input.Submitted) -> None:
        if not message.value.strip():
            self.dismiss()
        elif self.keep([*self._items, *message.value.split(",")]):
            message.input.value = ""
            self._show()

    def action_remove(self) -> None:
        """Remove the one that is highlighted."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.keep([item for at, item in enumerate(self._items) if at != index])
            self._show()


def editor(option: Option, editor: SettingsEditor) -> Editor:
    """The one that fits."""
    if option.choices:
        return ChoiceEditor(option, editor)
    return ListEditor(option, editor) if option.is_list else LineEditor(option, editor)
