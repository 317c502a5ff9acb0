"""All settings: what each is, where it came from, and a change of it, kept in ``config.toml``."""

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
from skdictate.settings.settings_editor import DEFAULT, SettingsEditor, grouped
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.screens.setting_editors import editor
from skdictate.tui.widgets.setting_row import drawn, explained

RUNNING = "A dictation runs and goes on as it began; what is changed here counts from the next one."
LATER = "It counts from the next start of the program."


def _simple(words: str) -> str:
    """As they are compared."""
    return words.lower().replace("_", " ").strip()


class SettingsScreen(ModalScreen[set[str]]):
    """Gives the names of the settings that are others now."""

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
        """What there is to say of all of them."""
        self._news = self._standing

    def compose(self) -> ComposeResult:
        """What to look for, the settings, and what there is to say of one."""
        with Vertical(id="settings") as box:
            place = "A part of a name, or of what it is about"
            yield Input(placeholder=place, compact=True, id="find")
            yield OptionList(markup=False, id="rows")
            yield Static(id="about", markup=False)
        box.border_title = (
            "Settings, from the next dictation on" if self._is_dictating else "Settings"
        )
        box.border_subtitle = "Enter changes, Del takes back, / finds, Esc closes"

    def on_mount(self) -> None:
        """All of them, the first one chosen."""
        self.query_one(Input).display = False
        self._list("")
        self._rows.focus()

    def on_resize(self, _event: Resize) -> None:
        """Other widths; they are known after the layout."""
        self.call_after_refresh(self._redraw)

    @property
    def _rows(self) -> OptionList:
        return self.query_one("#rows", OptionList)

    @property
    def _width(self) -> int:
        """Cells of a row."""
        return self._rows.scrollable_content_region.width

    @property
    def _chosen(self) -> Option | None:
        row = self._rows.highlighted_option
        return BY_NAME.get(row.id or "") if row is not None else None

    # ------------------------------------------------------------------------- the list

    def _list(self, sought: str) -> None:
        """Those that something is sought in, below the titles of their groups."""
        chosen = self._chosen
        self._rows.set_options(self._found(sought))
        names = [row.id for row in self._rows.options]
        named = (name for name in names if name and sought and _simple(sought) in _simple(name))
        present = chosen.name if chosen is not None and chosen.name in names else None
        start = next(named, None) or present or next(filter(None, names), None)
        self._rows.highlighted = names.index(start) if start else None
        if not names:
            self._rows.add_option(Row(Content("  Nothing is called that."), disabled=True))
        self._explain()

    def _found(self, sought: str) -> Iterator[Row]:
        is_first = True
        for title, options in grouped():
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
        self._news = self._standing
        self._explain()

    # ------------------------------------------------------------------------- one of them

    def _explain(self) -> None:
        """What the chosen one is, may be, and is by default; below it, what there is to say."""
        option = self._chosen
        rows = [Content("")] * 2 if option is None else explained(option, self._editor)
        self.query_one("#about", Static).update(Content("\n").join([*rows, self._news]))
        self.call_after_refresh(self._rows.scroll_to_highlight)  # there may be less room now

    def _say(self, words: str, style: str = "$text-success") -> None:
        self._news = Content.assemble((words, style))
        self._redraw()
        self._explain()

    def action_edit(self) -> None:
        """Change the chosen one, in the way that fits it."""
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
        """Take the chosen one back to its default."""
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
        """Say what has become of it, and whether it goes with the others."""
        from skdictate.app.settings_conflicts import disagreement

        problem = disagreement(self._editor.settings)
        if problem is not None:
            self._say(clean(str(problem)), "$text-error")
        elif getattr(self._editor.settings, option.name) == getattr(self._before, option.name):
            self._say("")
        else:
            is_usual = self._editor.origin(option) == DEFAULT
            now = RUNNING if self._is_dictating else "It counts from now on."
            when = LATER if self._editor.counts_later(option) else now
            self._say(f"{'The default again.' if is_usual else 'Kept.'} {when}")

    @on(OptionList.OptionSelected, "#rows")
    def _edit(self) -> None:
        self.action_edit()

    # ------------------------------------------------------------------------- finding, leaving

    def action_find(self) -> None:
        """Type what is sought."""
        field = self.query_one("#find", Input)
        field.display = True
        self.set_focus(field)  # now: what is typed next is for it

    @on(Input.Changed, "#find")
    def _seek(self, message: Input.Changed) -> None:
        self._list(message.value)

    def action_rows(self) -> None:
        """From what is sought to what was found."""
        self.set_focus(self._rows)

    @on(Input.Submitted, "#find")
    def _found_it(self) -> None:
        self.action_rows()  # no more: what was typed to find one is no order to change it

    def action_back(self) -> None:
        """Stop finding, or else close."""
        field = self.query_one("#find", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.set_focus(self._rows)
            return
        now = self._editor.settings
        names = (field.name for field in fields(now))
        self.dismiss({it for it in names if getattr(now, it) != getattr(self._before, it)})
