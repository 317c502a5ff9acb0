"""What was found beside the text: all that does not stand at a line."""

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
"""How often it is looked whether there is more."""
NAME_WIDTH = 16


class FindingsScreen(ModalScreen[None]):
    """Grows while one dictates."""

    BINDINGS: ClassVar[list[BindingType]] = [(closing("f", "enter", "space"), "dismiss", "Close")]

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._n_shown = -1

    def compose(self) -> ComposeResult:
        """A box in the middle, which scrolls where it has to."""
        with VerticalScroll(id="findings") as box:
            yield Static(markup=False)
        box.border_title = "Beside the text"
        box.border_subtitle = "↑ ↓ scroll, Esc closes"

    def on_mount(self) -> None:
        """What there is, and what comes."""
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
            words = "Who spoke, and in what language, stands below each line of the text."
            pieces.append(Content.assemble((words, "$foreground-muted")))
        self.query_one(Static).update(Content("\n").join(pieces))


def _written(sound: Format, findings: list[Finding]) -> Iterator[Content]:
    """Of one dictation, row by row; a long text is wrapped by the widget."""
    for chapter in chapters(sound, findings):
        yield Content.assemble((chapter.title, "bold $accent"))
        for entry in chapter.entries:
            yield from _rows(entry)
        yield Content("")


def _rows(entry: FindingEntry) -> Iterator[Content]:
    yield Content.assemble((f"{entry.time}  ", "$foreground-muted"), clean(entry.words))
    for name, value in entry.facts:
        yield Content.assemble((f"  {name:<{NAME_WIDTH}}", "$foreground-muted"), clean(value))
