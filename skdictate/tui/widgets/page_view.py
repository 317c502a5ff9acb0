"""Shows the page: its text, or a welcome while there is none."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, PartialChanged
from skdictate.tui.page import Page
from skdictate.tui.widgets.transcript_view import TranscriptView
from skdictate.tui.widgets.welcome import Welcome


class PageView(Vertical):
    """Keeps the page and its transcript in step."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._sound: Format | None = None

    def compose(self) -> ComposeResult:
        """Transcript and welcome, of which one is shown."""
        yield TranscriptView()
        yield Welcome()

    def begin(self, source: str, sound: Format) -> None:
        """Add a dictation below the others."""
        self._sound = sound
        self.page.begin(sound)
        self.query_one(TranscriptView).begin(source)

    def apply(self, change: Change) -> None:
        """Apply a change to the newest dictation."""
        assert self._sound is not None
        self.page.apply(change)
        self.query_one(TranscriptView).apply(change, self._sound)

    def end(self) -> None:
        """Remove the partial, since the dictation is over."""
        self.query_one(TranscriptView).guess(PartialChanged("", ""))

    def clear(self) -> None:
        """Start a new page."""
        self.page = Page()
        self.query_one(TranscriptView).clear()

    def show(self, welcome: Content, *, is_awaiting: bool) -> None:
        """Show the text if there is some or ``is_awaiting``, else the welcome."""
        transcript = self.query_one(TranscriptView)
        transcript.display = is_awaiting or transcript.has_text
        self.query_one(Welcome).display = not transcript.display
        self.query_one(Welcome).show(welcome)
