"""The help page: all keys, and where data is stored."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean
from skdictate.tui.actions import ACTIONS, closing


class HelpScreen(ModalScreen[None]):
    """Closed by Escape or by a key that opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        (closing("", "question_mark", "f1", "space", "enter"), "dismiss", "Close")
    ]

    def __init__(self, paths: Paths, way: str) -> None:
        super().__init__()
        self._way = way
        self._places = {
            "texts": paths.library,
            "sound": paths.recordings,
            "settings": paths.config_file,
        }

    def compose(self) -> ComposeResult:
        """A scrolling box."""
        box = VerticalScroll(Static(self._words()), id="help")
        box.border_title = "Help"
        box.border_subtitle = "↑ ↓ scroll, Esc closes"
        yield box

    def _words(self) -> Content:
        rows: list[Content] = [Content.assemble(("Keys", "bold $accent"))]
        rows += [
            _row(action.key, action.help)
            for action in ACTIONS
            if action.help and action.way in ("", self._way)
        ]
        rows += [
            _row("↑ ↓", "Scroll the text; End follows the newest words again."),
            _row("ctrl+p", "All commands by name, and colour themes."),
            Content(""),
            Content("The keys work on a Russian layout too."),
            Content(""),
            Content.assemble(("Where data is stored", "bold $accent")),
        ]
        rows += [_row(name, clean(_short(place))) for name, place in self._places.items()]
        return Content("\n").join(rows)


def _row(key: str, words: str) -> Content:
    return Content.assemble((f"{key:>10}", "bold"), "  ", words)


def _short(path: Path) -> str:
    """The path with the home folder shortened to ``~``."""
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
