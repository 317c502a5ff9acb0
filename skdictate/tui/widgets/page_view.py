"""The page on the screen: the text, or what to do to get some."""

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
    """What is shown is also on the page, and would be saved."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._sound: Format | None = None

    def compose(self) -> ComposeResult:
        """One of the two is shown."""
        yield TranscriptView()
        yield Welcome()

    def begin(self, source: str, sound: Format) -> None:
        """Another dictation, below what is there."""
        self._sound = sound
        self.page.begin(sound)
        self.query_one(TranscriptView).begin(source)

    def take(self, change: Change) -> None:
        """Something has become of the newest dictation."""
        assert self._sound is not None
        self.page.take(change)
        self.query_one(TranscriptView).take(change, self._sound)

    def end(self) -> None:
        """The dictation is over, and with it the guessing."""
        self.query_one(TranscriptView).guess(PartialChanged("", ""))

    def clear(self) -> None:
        """A clean page."""
        self.page = Page()
        self.query_one(TranscriptView).clear()

    def show(self, welcome: Content, *, is_awaiting: bool) -> None:
        """The text if there is some or will be soon, else the welcome."""
        transcript = self.query_one(TranscriptView)
        transcript.display = is_awaiting or transcript.has_text
        self.query_one(Welcome).display = not transcript.display
        self.query_one(Welcome).show(welcome)
