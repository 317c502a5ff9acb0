"""Words between two programs beside the picture, in the same terminal stream.

They travel in a sequence that terminals pass over (an operating system command of a number that
none uses), so that nothing is seen where nobody takes them out.
"""

from __future__ import annotations

import json
from typing import Any

_BEGIN = b"\x1b]7707;skdictate;"
_END = b"\x1b\\"
LONGEST = 4096
"""Bytes between the two; more is not ours."""


def aside(**words: Any) -> bytes:
    """What one program says to the other, as it is written to the terminal."""
    return _BEGIN + json.dumps(words).encode("ascii") + _END


class OscChannel:
    """A terminal stream in, in any pieces; the same without what is said aside out."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        """What was said; whoever reads it may empty it."""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The next bytes; what of them is for the terminal."""
        data = self._held + data
        shown = b""
        while (place := data.find(_BEGIN)) >= 0:
            shown += data[:place]
            rest = data[place + len(_BEGIN) :]
            end = rest.find(_END, 0, LONGEST + len(_END))
            if end < 0 and len(rest) <= LONGEST:
                self._held = data[place:]
                return shown
            if end < 0 or not self._take(rest[:end]):
                shown += _BEGIN
                data = rest
            else:
                data = rest[end + len(_END) :]
        n_held = _begun(data)
        self._held = data[len(data) - n_held :]
        return shown + data[: len(data) - n_held]

    def flush(self) -> bytes:
        """The stream has ended: what was held back, in case it would go on."""
        held, self._held = self._held, b""
        return held

    def _take(self, words: bytes) -> bool:
        try:
            said = json.loads(words)
        except (ValueError, RecursionError):
            return False
        if not isinstance(said, dict):
            return False
        self.heard.append(said)
        return True


def _begun(data: bytes) -> int:
    """How many bytes at the end may be the beginning of something said aside."""
    return next((n for n in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:n])), 0)
