"""Shows a past dictation; any of its lines and gaps can be recognised again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from skdictate.app.reprocess_queue import ReprocessOrder
from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line
from skdictate.errors import ProblemError
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.output.phrases import clock, gap_text
from skdictate.output.unfinished_text import length
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.screens.closed_screen import is_closed
from skdictate.tui.screens.confirm_screen import ConfirmScreen
from skdictate.tui.screens.past_control import PastControl
from skdictate.tui.screens.reprocess_screen import ReprocessOptions, ReprocessScreen
from skdictate.tui.widgets.line_wrap import wrapped
from skdictate.tui.widgets.unfinished_row import progress_text

if TYPE_CHECKING:
    from skdictate.app.reprocess import Choice
    from skdictate.library.stored_dictation import StoredDictation

GUTTER = 11
"""Width in cells of the mark and the time."""
LOOK_S = 0.25
"""Interval between updates of the progress."""


class PastDictationScreen(ModalScreen[None]):
    """Space marks lines; ``r`` reprocesses the marked lines, or else the highlighted one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(closing("h"), "dismiss", "Back", key_display="Esc"),
        Binding("space", "mark", "Mark"),
        Binding("r,к,R,К,enter", "again", "Redo"),
        Binding("u,г,U,Г", "missing", "Gaps"),
        Binding("a,ф,A,Ф", "whole", "All"),
        Binding("x,ч,X,Ч", "stop", "Stop"),
        Binding("s,ы,S,Ы", "export", "Save"),
        Binding("d,в,D,В,delete", "delete", "Delete"),
    ]

    def __init__(self, past: PastControl, number: int) -> None:
        super().__init__()
        self.number = number
        self._past = past
        self._kept: StoredDictation | None = None
        self._items: list[Line | Gap] = []
        self._marked: set[int] = set()
        """Indices in ``_items``."""

    def compose(self) -> ComposeResult:
        """Title, text, progress and keys."""
        yield Static(id="title", markup=False)
        yield OptionList(markup=False)
        yield Static(id="progress", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Load the dictation, and start updating the progress."""
        self.query_one("#progress").display = False
        self.renew()
        self.set_interval(LOOK_S, self._look)

    def on_resize(self) -> None:
        """Rewrap the lines for the new width."""
        choices = self.query_one(OptionList)
        for index in range(len(self._items)):
            choices.replace_option_prompt_at_index(index, self._drawn(index))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action does something now."""
        is_here = (
            self._past.reprocess_queue.at is not None
            and self._past.reprocess_queue.at.dictation_id == self.number
        )
        has_gaps = self._kept is not None and bool(self._kept.unrecognised)
        return {"stop": is_here, "missing": has_gaps}.get(action, True)

    # ------------------------------------------------------------------------- what it shows

    @work(thread=True, exclusive=True)
    def renew(self) -> None:
        """Load the dictation on a thread."""
        try:
            kept = self._past.reprocess_queue.archive.get(self.number)
        except ProblemError as error:
            self.app.call_from_thread(self._lost, str(error.problem))
            return
        self.app.call_from_thread(self._show, kept)

    def _lost(self, words: str) -> None:
        if is_closed(self):
            return
        self.query_one("#title", Static).update(Content(words))
        self.query_one(OptionList).clear_options()

    def _show(self, kept: StoredDictation) -> None:
        """Show the text; keep the highlighted place."""
        if is_closed(self):
            return
        choices = self.query_one(OptionList)
        at = choices.highlighted or 0
        if self._kept is None or kept.lines != self._kept.lines or kept.gaps != self._kept.gaps:
            self._marked.clear()
        self._kept = kept
        items: list[Line | Gap] = [*kept.lines, *kept.gaps]
        self._items = sorted(items, key=lambda it: it.start_sample)
        choices.clear_options()
        choices.add_options([Option(self._drawn(index)) for index in range(len(self._items))])
        if self._items:
            choices.highlighted = min(at, len(self._items) - 1)
        choices.focus()
        self.query_one("#title", Static).update(Content(_titled(kept)))
        self.refresh_bindings()

    def _drawn(self, index: int) -> Content:
        assert self._kept is not None
        item, sound = self._items[index], Format(self._kept.about.rate_hz)
        mark = ("● " if index in self._marked else "  ", "$text-success")
        time = (f"{clock(sound.ms(item.start_sample)):>7}  ", "$foreground-muted")
        if isinstance(item, Line):
            words, color = clean(item.text), "$foreground"
        else:
            long = length(item.end_sample - item.start_sample, sound.rate_hz)
            words, color = f"[{gap_text(item)} ({long})]", "$text-warning"
        rows = wrapped(words, max(8, self.size.width - GUTTER - 3))
        return Content.assemble(mark, time, (f"\n{' ' * GUTTER}".join(rows), color))

    def _look(self) -> None:
        at = self._past.reprocess_queue.at
        progress = self.query_one("#progress", Static)
        if progress.display != (at is not None):
            progress.display = at is not None
            self.refresh_bindings()
        if at is not None:
            progress.update(Content(progress_text(at)))

    # ------------------------------------------------------------------------- keys

    def action_mark(self) -> None:
        """Mark or unmark a line or gap."""
        choices = self.query_one(OptionList)
        if (at := choices.highlighted) is not None:
            self._marked ^= {at}
            choices.replace_option_prompt_at_index(at, self._drawn(at))
            choices.action_cursor_down()

    @on(OptionList.OptionSelected)
    def action_again(self) -> None:
        """Reprocess the marked lines and what lies between, or the highlighted one."""
        at = self.query_one(OptionList).highlighted
        chosen = sorted(self._marked) or ([] if at is None else [at])
        if chosen:
            items = self._items[chosen[0] : chosen[-1] + 1]
            start, end = items[0].start_sample, max(it.end_sample for it in items)
            lines = "1 line" if len(items) == 1 else f"{len(items)} lines and gaps"
            self._ask(lines, _between(start, end, items))

    def action_missing(self) -> None:
        """Recognise what has no text yet."""
        self._ask("unrecognised parts", TextSelection.missing)

    def action_whole(self) -> None:
        """Reprocess the whole dictation."""
        self._ask("all lines", TextSelection.whole)

    def action_stop(self) -> None:
        """Stop reprocessing."""
        self._past.reprocess_queue.stop()

    def action_export(self) -> None:
        """Write the text to a file."""
        self._past.export(self.number)

    def action_delete(self) -> None:
        """Delete the dictation after confirmation."""

        def answered(is_sure: bool | None) -> None:
            if is_sure and self._past.delete(self.number):
                self.dismiss()

        question = f"Delete dictation {self.number}, sound and text, for good?"
        self.app.push_screen(ConfirmScreen(question), answered)

    def _ask(self, what: str, choice: Choice) -> None:
        """Ask for engine and language, then submit the order."""

        def answered(manner: ReprocessOptions | None) -> None:
            if manner is not None:
                order = ReprocessOrder(self.number, choice, manner.engine, manner.language)
                self._past.reprocess_queue.submit(self._past.settings, order)

        if self._kept is not None:
            words = f"Dictation {self.number}, {what}. The old text is kept in the history."
            language = self._kept.about.language
            self.app.push_screen(ReprocessScreen(words, self._past.engine, language), answered)


def _between(start: int, end: int, items: list[Line | Gap]) -> Choice:
    """The part between two samples; if it is a single gap, exactly that gap."""
    if len(items) == 1 and isinstance(gap := items[0], Gap):
        return lambda text: [it for it in text.missing() if gap in it.gaps]
    return lambda text: text.between(start, end)


def _titled(kept: StoredDictation) -> str:
    started = kept.about.started_at.astimezone()
    long = clock(Format(kept.about.rate_hz).ms(kept.n_samples))
    pieces = [f"Dictation {kept.id}", f"{started:%Y-%m-%d %H:%M}", long]
    pieces += [it for it in (kept.about.engine, kept.about.language) if it]
    return clean(" · ".join(pieces))
