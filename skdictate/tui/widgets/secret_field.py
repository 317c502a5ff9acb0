"""Input field for secrets: shows dots, and holds its text so that no traceback shows it.

Textual's own input puts its value into messages and copies it to the clipboard.
"""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widget import Widget

from skdictate.system.hidden_value import HiddenValue, seen

LONGEST = 16_384
"""Maximum number of characters; a service account's key.json has about 2500."""


class SecretField(Widget, can_focus=True):
    """Holds typed or pasted text until it is taken."""

    class Entered(Message):
        """Enter was pressed; the text stays where it is."""

    def __init__(self) -> None:
        super().__init__()
        self._text = HiddenValue()

    def take(self) -> HiddenValue:
        """Return the text, still hidden, and clear the field."""
        text, self._text = self._text, HiddenValue()
        self.refresh()
        return text

    def on_key(self, event: Key) -> None:
        """Add a typed character; Backspace removes one, Ctrl-U all."""
        if event.key == "enter":
            self.post_message(self.Entered())
        elif event.key == "backspace":
            self._hold(self._text[:-1])
        elif event.key == "ctrl+u":
            self._hold("")
        elif event.is_printable and event.character is not None:
            self._hold(self._text + event.character)
        else:
            return
        event.stop()

    def on_paste(self, event: Paste) -> None:
        """Add pasted text including its line breaks, which a key file has."""
        event.stop()
        self._hold(self._text + event.text)

    def _hold(self, text: str) -> None:
        self._text = HiddenValue(seen(text)[:LONGEST])
        self.refresh()

    def render(self) -> RenderResult:
        """A dot per character as far as they fit, and the number of characters."""
        n = len(self._text)
        count = f" {n}" if n else ""
        room = max(0, self.size.width - len(count) - 1)
        cursor = "▏" if self.has_focus else ""
        dots = "•" * min(n, room)
        gap = " " * max(0, room - len(dots) + (0 if cursor else 1))
        return Content.assemble(dots, (cursor, "$accent"), gap, (count, "$foreground-muted"))
