"""What reaches the app from the dictation's thread and from the terminal's, as messages."""

from __future__ import annotations

from textual.message import Message

from skdictate.backstage import Changed, News
from skdictate.core.changes import PartialChanged


class Told(Message):
    """News from backstage. A newer partial takes the place of an older one that still waits."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news

    def can_replace(self, message: Message) -> bool:
        """So that a slow terminal skips guesses and never falls behind."""
        return self._is_partial and isinstance(message, Told) and message._is_partial

    @property
    def _is_partial(self) -> bool:
        return isinstance(self.news, Changed) and isinstance(self.news.change, PartialChanged)


class Reported(Message):
    """The terminal has said what it reports of the keyboard."""

    def __init__(self, *, has_releases: bool) -> None:
        super().__init__()
        self.has_releases = has_releases


class Released(Message):
    """Space was let go."""
