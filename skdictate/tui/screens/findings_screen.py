"""Shows SpeechKit's findings about the speech, except those shown at a line of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from skdictate.audio.pcm import Format
from skdictate.core.findings import Finding
from skdictate.output.findings_text import FindingEntry, chapters, n_told
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.page import Page

LOOK_S = 1.0
"""Interval between checks for new findings."""
NAME_WIDTH = 16


class FindingsScreen(ModalScreen[None]):
    """A scrolling box that grows during a dictation."""

    BINDINGS: ClassVar[list[BindingType]] = [(closing("f", "enter", "space"), "dismiss", "Close")]

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._n_shown = -1

    def compose(self) -> ComposeResult:
        """A scrolling box."""
        with VerticalScroll(id="findings") as box:
            yield Static(markup=False)
        box.border_title = "Analysis"
        box.border_subtitle = "↑ ↓ scroll, Esc closes"

    def on_mount(self) -> None:
        """Show the findings, and check for new ones."""
        self._draw()
        self.set_interval(LOOK_S, self._draw)

    def _draw(self) -> None:
        found = [finding for section in self._page.sections for finding in section.findings]
        if len(found) == self._n_shown:
            return
        self._n_shown = len(found)
        pieces = [
            piece
            for section in self._page.sections
            for piece in _written(section.sound, list(section.findings))
        ]
        if n_told(found) < len(found):
            words = "Speaker and language are shown below each line of the text."
            pieces.append(Content.assemble((words, "$foreground-muted")))
        self.query_one(Static).update(Content("\n").join(pieces))


def _written(sound: Format, findings: list[Finding]) -> Iterator[Content]:
    """The rows of one dictation's findings; the widget wraps long ones."""
    for chapter in chapters(sound, findings):
        yield Content.assemble((chapter.title, "bold $accent"))
        for entry in chapter.entries:
            yield from _rows(entry)
        yield Content("")


def _rows(entry: FindingEntry) -> Iterator[Content]:
    yield Content.assemble((f"{entry.time}  ", "$foreground-muted"), clean(entry.words))
    for name, value in entry.facts:
        yield Content.assemble((f"  {name:<{NAME_WIDTH}}", "$foreground-muted"), clean(value))
