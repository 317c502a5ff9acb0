"""The keys of pages: each belongs to the browser that opened a link first.

The secret of a link is in its fragment, which browsers do not send. Each side proves that it knows
the secret, and both derive from it a key for the page, which is proved in the same way at
reconnections. Neither is ever sent, and a stranger who takes over our port gets no sound.
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
    """The current link, and the keys of the pages that opened earlier ones."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    """The secret of the current link."""
    _pages: dict[str, str] = field(default_factory=dict)

    def of(self, who: str) -> str:
        """The key of a page; that of the link for a new page; empty for an unknown one."""
        return self._pages.get(who, "") if who else self.token

    def exchange(self, key: str, ours: str, theirs: str) -> str:
        """Name the page that has opened the link, and make a new link.

        Empty if another page was quicker.
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
    """The HMAC-SHA-256 of words joined by spaces, as hexadecimal digits."""
    return hmac.new(key.encode(), " ".join(words).encode(), "sha256").hexdigest()


def is_sealed(proof: str, key: str, *words: str) -> bool:
    """Whether a proof is right; takes the same time for all wrong ones."""
    return hmac.compare_digest(proof.encode(), seal(key, *words).encode())
