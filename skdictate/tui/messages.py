"""Textual messages to the app from its worker threads and from the terminal driver."""

from __future__ import annotations

from textual.message import Message

from skdictate.app.reprocess_queue import Word


class EventsQueued(Message):
    """The event queue is no longer empty."""


class KeyboardReported(Message):
    """The terminal has answered whether it reports key releases."""

    def __init__(self, *, has_releases: bool) -> None:
        super().__init__()
        self.has_releases = has_releases


class SpaceReleased(Message):
    """The space bar was released."""


class ReprocessMessage(Message):
    """An event of the reprocessing queue."""

    def __init__(self, word: Word) -> None:
        super().__init__()
        self.word = word


class TerminalGone(Message):
    """The terminal is gone: its window was closed, or the connection to it was lost."""


class RepaintNeeded(Message):
    """The terminal's content may have changed, so everything must be repainted."""
