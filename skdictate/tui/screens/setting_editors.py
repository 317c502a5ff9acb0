"""Dialogs that change one setting: a choice, a line of text, or a list."""

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
from skdictate.settings.settings_editor import SettingsEditor, allowed_values
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing


class Editor(ModalScreen[None]):
    """A box with the setting's help, a widget to change it, and an error message."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(closing(), "dismiss", "Back")]
    HOW = "Enter saves, Esc cancels"

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
        may_be = "" if self._option.choices else allowed_values(self._option)
        return f"{words}\n{may_be[:1].upper()}{may_be[1:]}." if may_be else words

    def widgets(self) -> list[Widget]:
        """The widgets that change the value."""
        raise NotImplementedError

    def save(self, given: Any) -> bool:
        """Save the value; returns whether it was accepted, and shows why if not."""
        try:
            self._editor.change(self._option, given)
        except ProblemError as error:
            self.show_error(error)
            return False
        return True

    def check(self, given: Any) -> None:
        """Show at once whether the value would be accepted."""
        try:
            self._editor.check(self._option, given)
        except ProblemError as error:
            self.show_error(error)
        else:
            self.show_error(None)

    def show_error(self, error: ProblemError | None) -> None:
        """Show an error; of an invalid value only the hint, as the value itself is in view."""
        words = ""
        if error is not None:
            problem = error.problem
            words = problem.hint if problem.detail.endswith("(from here)") else str(problem)
        self.query_one("#wrong", Static).update(Content(clean(words)))


class ChoiceEditor(Editor):
    """Chooses one of the allowed values."""

    HOW = "Enter chooses, Esc cancels"

    def widgets(self) -> list[Widget]:
        """A list of the values with the present one highlighted."""
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
        if self.save(self._option.choices[message.option_index]):
            self.dismiss()


class LineEditor(Editor):
    """Edits a number or a text."""

    def widgets(self) -> list[Widget]:
        """An input with the present value; a private value is not shown."""
        hint = "Hidden; type a new value" if self._option.is_private else "None"
        kinds: dict[Any, Any] = {int: "integer", float: "number"}
        kind = kinds.get(self._option.parse, "text")
        typed = self._editor.editable_text(self._option)
        return [Input(typed, placeholder=hint, type=kind, compact=True)]

    @on(Input.Changed)
    def _look(self, message: Input.Changed) -> None:
        self.check(message.value)

    @on(Input.Submitted)
    def _submit(self, message: Input.Submitted) -> None:
        if self.save(message.value):
            self.dismiss()


class ListEditor(Editor):
    """Edits a list of texts by adding and removing single ones."""

    HOW = "Enter adds, ↓ Del removes, Esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete,backspace", "remove", "Remove"),
        Binding("down", "app.focus_next", show=False),
    ]

    def widgets(self) -> list[Widget]:
        """An input for a new item above the list of items."""
        return [Input(placeholder="Add another", compact=True), OptionList(markup=False)]

    def on_mount(self) -> None:
        """Show the items."""
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
        self.check(message.value)

    @on(Input.Submitted)
    def _add(self, message: Input.Submitted) -> None:
        if not message.value.strip():
            self.dismiss()
        elif self.save([*self._items, *message.value.split(",")]):
            message.input.value = ""
            self._show()

    def action_remove(self) -> None:
        """Remove the highlighted item."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.save([item for at, item in enumerate(self._items) if at != index])
            self._show()


def editor(option: Option, editor: SettingsEditor) -> Editor:
    """The dialog for this kind of option."""
    if option.choices:
        return ChoiceEditor(option, editor)
    return ListEditor(option, editor) if option.is_list else LineEditor(option, editor)
