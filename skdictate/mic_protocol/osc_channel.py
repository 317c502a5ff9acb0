"""Messages between two programs within a terminal stream, hidden from the user.

They are wrapped in an operating system command (OSC) of an unused number, which terminals ignore,
so that nothing is visible if no program takes them out.
"""

from __future__ import annotations

import json
from typing import Any

_BEGIN = b"\x1b]7707;skdictate;"
_END = b"\x1b\\"
LONGEST = 4096
"""The most bytes of a message; longer sequences are not ours."""


def osc_message(**words: Any) -> bytes:
    """The bytes to write to the terminal for a message."""
    return _BEGIN + json.dumps(words).encode("ascii") + _END


class OscChannel:
    """Takes messages out of a terminal stream, whatever pieces it comes in."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        """The messages received; the reader may clear the list."""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Feed bytes of the stream; returns those that are for the terminal."""
        data = self._held + data
        shown = b""
        while (place := data.find(_BEGIN)) >= 0:
            shown += data[:place]
            rest = data[place + len(_BEGIN) :]
            end = rest.find(_END, 0, LONGEST + len(_END))
            if end < 0 and len(rest) <= LONGEST:
                self._held = data[place:]
                return shown
            if end < 0 or not self._parse(rest[:end]):
                shown += _BEGIN
                data = rest
            else:
                data = rest[end + len(_END) :]
        n_held = _begun(data)
        self._held = data[len(data) - n_held :]
        return shown + data[: len(data) - n_held]

    def flush(self) -> bytes:
        """At the end of the stream: return what was held back as a possible message."""
        held, self._held = self._held, b""
        return held

    def _parse(self, words: bytes) -> bool:
        try:
            said = json.loads(words)
        except (ValueError, RecursionError):
            return False
        if not isinstance(said, dict):
            return False
        self.messages.append(said)
        return True


def _begun(data: bytes) -> int:
    """How many bytes at the end may be the beginning of a message."""
    return next((n for n in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:n])), 0)
