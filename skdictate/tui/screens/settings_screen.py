"""Lists all settings with value and origin; changes are saved in ``config.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option as Row

from skdictate.errors import ProblemError
from skdictate.settings.option_table import BY_NAME, Option
from skdictate.settings.settings_editor import DEFAULT, SettingsEditor, option_groups
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.screens.setting_editors import editor
from skdictate.tui.widgets.setting_row import drawn, explained

RUNNING = "Changes take effect with the next dictation; the running one is not affected."
LATER = "It takes effect at the next start of the program."


def _simple(words: str) -> str:
    """Text in the form in which the search compares it."""
    return words.lower().replace("_", " ").strip()


class SettingsScreen(ModalScreen[set[str]]):
    """Returns the names of the settings that were changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(closing("o"), "back", "Close"),
        Binding("slash,full_stop", "find", "Find"),
        Binding("delete,backspace", "reset", "Default"),
        Binding("space", "edit", "Change", show=False),
        Binding("down", "rows", show=False),
    ]

    def __init__(self, editor: SettingsEditor, *, is_dictating: bool) -> None:
        super().__init__()
        self._editor = editor
        self._before = editor.settings
        self._is_dictating = is_dictating
        self._standing = Content.assemble((RUNNING if is_dictating else "", "$text-warning"))
        """Message that is always shown."""
        self._message = self._standing

    def compose(self) -> ComposeResult:
        """Search field, list of settings, and explanation of the highlighted one."""
        with Vertical(id="settings") as box:
            place = "Search names and descriptions"
            yield Input(placeholder=place, compact=True, id="find")
            yield OptionList(markup=False, id="rows")
            yield Static(id="about", markup=False)
        box.border_title = "Settings of the next dictation" if self._is_dictating else "Settings"
        box.border_subtitle = "Enter changes, Del resets, / searches, Esc closes"

    def on_mount(self) -> None:
        """Show all settings with the first one highlighted."""
        self.query_one(Input).display = False
        self._list("")
        self._rows.focus()

    def on_resize(self, _event: Resize) -> None:
        """Redraw after the layout, when the new width is known."""
        self.call_after_refresh(self._redraw)

    @property
    def _rows(self) -> OptionList:
        return self.query_one("#rows", OptionList)

    @property
    def _width(self) -> int:
        """Width of a row in cells."""
        return self._rows.scrollable_content_region.width

    @property
    def _chosen(self) -> Option | None:
        row = self._rows.highlighted_option
        return BY_NAME.get(row.id or "") if row is not None else None

    # ------------------------------------------------------------------------- the list

    def _list(self, sought: str) -> None:
        """List the settings that match a search, by group."""
        chosen = self._chosen
        self._rows.set_options(self._found(sought))
        names = [row.id for row in self._rows.options]
        named = (name for name in names if name and sought and _simple(sought) in _simple(name))
        present = chosen.name if chosen is not None and chosen.name in names else None
        start = next(named, None) or present or next(filter(None, names), None)
        self._rows.highlighted = names.index(start) if start else None
        if not names:
            self._rows.add_option(Row(Content("  No matching setting."), disabled=True))
        self._explain()

    def _found(self, sought: str) -> Iterator[Row]:
        is_first = True
        for title, options in option_groups():
            words = _simple(sought).split()
            texts = {it.name: _simple(f"{it.name} {it.help} {title}") for it in options}
            found = [it for it in options if all(word in texts[it.name] for word in words)]
            if found:
                gap = "" if is_first else "\n"
                yield Row(Content.assemble(gap, (title, "bold $accent")), disabled=True)
                is_first = False
            for option in found:
                yield Row(drawn(option, self._editor, self._width), id=option.name)

    def _redraw(self) -> None:
        for index, row in enumerate(self._rows.options):
            if row.id in BY_NAME:
                self._rows.replace_option_prompt_at_index(
                    index, drawn(BY_NAME[row.id], self._editor, self._width)
                )

    @on(OptionList.OptionHighlighted)
    def _move(self, message: OptionList.OptionHighlighted) -> None:
        message.stop()
        self._message = self._standing
        self._explain()

    # ------------------------------------------------------------------------- one of them

    def _explain(self) -> None:
        """Explain the highlighted setting: help, allowed values, origin; then the message."""
        option = self._chosen
        rows = [Content("")] * 2 if option is None else explained(option, self._editor)
        self.query_one("#about", Static).update(Content("\n").join([*rows, self._message]))
        self.call_after_refresh(self._rows.scroll_to_highlight)  # the list may be shorter now

    def _say(self, words: str, style: str = "$text-success") -> None:
        self._message = Content.assemble((words, style))
        self._redraw()
        self._explain()

    def action_edit(self) -> None:
        """Toggle the highlighted setting, or open its dialog."""
        option = self._chosen
        if option is None:
            return
        if obstacle := self._editor.obstacle(option):
            self._say(obstacle, "$text-warning")
        elif option.is_switch:
            self._try(option, not getattr(self._editor.settings, option.name))
        else:
            self.app.push_screen(editor(option, self._editor), lambda _: self._changed(option))

    def action_reset(self) -> None:
        """Reset the highlighted setting to its default."""
        option = self._chosen
        if option is None:
            return
        if obstacle := self._editor.obstacle(option):
            self._say(obstacle, "$text-warning")
        elif self._editor.origin(option) != DEFAULT:
            self._try(option, "")

    def _try(self, option: Option, given: Any) -> None:
        try:
            self._editor.change(option, given)
        except ProblemError as error:
            self._say(clean(str(error.problem)), "$text-error")
        else:
            self._changed(option)

    def _changed(self, option: Option) -> None:
        """Show that a setting was changed, and whether it conflicts with others."""
        from skdictate.app.settings_conflicts import disagreement

        problem = disagreement(self._editor.settings)
        if problem is not None:
            self._say(clean(str(problem)), "$text-error")
        elif getattr(self._editor.settings, option.name) == getattr(self._before, option.name):
            self._say("")
        else:
            is_usual = self._editor.origin(option) == DEFAULT
            now = RUNNING if self._is_dictating else "It takes effect now."
            when = LATER if self._editor.counts_later(option) else now
            self._say(f"{'Reset to the default.' if is_usual else 'Saved.'} {when}")

    @on(OptionList.OptionSelected, "#rows")
    def _edit(self) -> None:
        self.action_edit()

    # ------------------------------------------------------------------------- finding, leaving

    def action_find(self) -> None:
        """Show the search field and move the focus to it."""
        field = self.query_one("#find", Input)
        field.display = True
        self.set_focus(field)  # at once, so that it gets the next key

    @on(Input.Changed, "#find")
    def _seek(self, message: Input.Changed) -> None:
        self._list(message.value)

    def action_rows(self) -> None:
        """Move the focus from the search field to the list."""
        self.set_focus(self._rows)

    @on(Input.Submitted, "#find")
    def _found_it(self) -> None:
        self.action_rows()  # Enter in the search field must not change a setting

    def action_back(self) -> None:
        """Close the search field if it is open, or else the screen."""
        field = self.query_one("#find", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.set_focus(self._rows)
            return
        now = self._editor.settings
        names = (field.name for field in fields(now))
        self.dismiss({it for it in names if getattr(now, it) != getattr(self._before, it)})
