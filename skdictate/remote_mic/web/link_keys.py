"""Who may be the microphone: who opened the link that the terminal showed, once.

The secret of a link is in its fragment, which no browser sends. Each side proves that it knows the
secret, and from it both derive the key of the page, which proves the same after each break. So
neither crosses the wire, and a stranger who takes the port when we are gone is sent no sound.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

SECRET_BYTES = 16
NONCE_LONGEST = 64
MOST_PAGES = 32
"""Pages that are remembered; the oldest is forgotten."""


@dataclass
class LinkKeys:
    """The link that was not opened yet, and the pages that opened theirs."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    """Of the link."""
    _pages: dict[str, str] = field(default_factory=dict)

    def of(self, who: str) -> str:
        """The key of a page; that of the link if it has no name yet; empty if it is unknown."""
        return self._pages.get(who, "") if who else self.token

    def exchange(self, key: str, ours: str, theirs: str) -> str:
        """The link was opened: the name of its page. There is another link now.

        Empty if somebody else was quicker.
        """
        if not hmac.compare_digest(key, self.token):
            return ""
        who = secrets.token_hex(SECRET_BYTES)
        self._pages[who] = seal(key, "session", theirs, ours)
        while len(self._pages) > MOST_PAGES:
            del self._pages[next(iter(self._pages))]
        self.token = secrets.token_urlsafe(SECRET_BYTES)
        return who


def seal(key: str, *words: str) -> str:
    """HMAC-SHA-256 of words, as hexadecimal."""
    return hmac.new(key.encode(), " ".join(words).encode(), "sha256").hexdigest()


def is_sealed(proof: str, key: str, *words: str) -> bool:
    """Whether a proof holds; takes the same time for every wrong one."""
    return hmac.compare_digest(proof.encode(), seal(key, *words).encode())
