"""The list of past dictations."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.library.dictation_list import ListedDictation
from skdictate.output.phrases import clock
from skdictate.output.unfinished_text import length
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.screens.closed_screen import is_closed
from skdictate.tui.screens.confirm_screen import ConfirmScreen
from skdictate.tui.screens.past_control import PastControl
from skdictate.tui.screens.past_dictation_screen import PastDictationScreen

NARROW = 60
"""Width in cells below which the date is left out."""


class HistoryScreen(ModalScreen[None]):
    """Lists dictations, newest first; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(closing("h"), "dismiss", "Close", key_display="Esc"),
        Binding("enter", "open", "Open", key_display="Enter"),
        Binding("s,ы,S,Ы", "export", "Save"),
        Binding("d,в,D,В,delete", "delete", "Delete"),
    ]

    def __init__(self, past: PastControl) -> None:
        super().__init__()
        self._past = past
        self._listed: list[ListedDictation] = []

    def compose(self) -> ComposeResult:
        """A title, the list, and the keys."""
        yield Static("History", id="title", markup=False)
        yield OptionList(markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Load the list."""
        self.renew()

    def on_screen_resume(self) -> None:
        """Reload the list, which may have changed."""
        self.renew()

    def on_resize(self) -> None:
        """Redraw for the new width."""
        self._draw()

    @work(thread=True, exclusive=True)
    def renew(self) -> None:
        """Load the list on a thread."""
        try:
            listed = self._past.reprocess_queue.archive.listing()
        except ProblemError as error:
            self.app.call_from_thread(self._say, str(error.problem))
            return
        self.app.call_from_thread(self._show, listed)

    def _show(self, listed: list[ListedDictation]) -> None:
        if is_closed(self):
            return
        self._listed = listed
        words = {0: "No dictations yet.", 1: "1 dictation; Enter opens it"}
        self._say(words.get(len(listed), f"{len(listed)} dictations; Enter opens one"))
        self._draw()

    def _draw(self) -> None:
        choices = self.query_one(OptionList)
        at = choices.highlighted or 0
        choices.clear_options()
        width = max(10, self.size.width - 3)
        choices.add_options([Option(row(it, width)) for it in self._listed])
        if self._listed:
            choices.highlighted = min(at, len(self._listed) - 1)
            choices.focus()

    def _say(self, words: str) -> None:
        if not is_closed(self):
            self.query_one("#title", Static).update(Content(words))

    @property
    def _chosen(self) -> ListedDictation | None:
        at = self.query_one(OptionList).highlighted
        return self._listed[at] if at is not None and at < len(self._listed) else None

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Open the chosen dictation."""
        if (chosen := self._chosen) is not None:
            self.app.push_screen(PastDictationScreen(self._past, chosen.id))

    def action_export(self) -> None:
        """Write the text of the chosen dictation to a file."""
        if (chosen := self._chosen) is not None:
            self._past.export(chosen.id)

    def action_delete(self) -> None:
        """Delete the chosen dictation after confirmation."""
        if (chosen := self._chosen) is not None:
            question = f"Delete dictation {chosen.id}, sound and text, for good?"
            number = chosen.id

            def answered(is_sure: bool | None) -> None:
                if is_sure:
                    self._past.delete(number)
                    self.renew()

            self.app.push_screen(ConfirmScreen(question), answered)


def row(it: ListedDictation, width: int) -> Content:
    """A row of the list, exactly ``width`` cells wide if that is enough for its fixed parts."""
    sound = Format(it.rate_hz)
    started = it.started_at.astimezone()
    date = f"{started:%Y-%m-%d %H:%M}  " if width >= NARROW else ""
    head = f"{it.id:>4}  {date}{clock(sound.ms(it.n_samples)):>7}  "
    tail = ""
    if it.state == "running":
        tail = "  running"
    elif it.n_unrecognised:
        tail = f"  {length(it.n_unrecognised, it.rate_hz)} not recognised"
    elif not it.has_sound:
        tail = "  text only"
    room = max(0, width - len(head) - len(tail))
    words = Content(clean(it.words)).truncate(room, ellipsis=True)
    gap = " " * max(0, room - words.cell_length)
    return Content.assemble(
        (head, "$foreground-muted"), words, gap, (tail, "$text-warning" if tail else "")
    )
