"""What reaches the app from the dictation's thread and from the terminal's, as messages."""

from __future__ import annotations

from textual.message import Message

from skdictate.app.reprocess_queue import Word


class Told(Message):
    """There is news from backstage, see ``Mailbox``."""


class Reported(Message):
    """The terminal has said what it reports of the keyboard."""

    def __init__(self, *, has_releases: bool) -> None:
        super().__init__()
        self.has_releases = has_releases


class Released(Message):
    """Space was let go."""


class Noted(Message):
    """A word from the back room."""

    def __init__(self, word: Word) -> None:
        super().__init__()
        self.word = word


class TerminalGone(Message):
    """The window was closed, or the link to it was cut."""


class TerminalSpoiled(Message):
    """Others may have written on it, and all has to be painted anew."""
