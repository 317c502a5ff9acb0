"""The forms that keys and tokens of the service have: a setting that holds one is refused, and so
is a record of the log."""

from __future__ import annotations

import re

_SECRET = re.compile(r"AQVN[\w-]{20,}|t\d\.[\w=-]+\.|y[0-3]_[\w-]{20,}")
"""API keys, IAM tokens and OAuth tokens, as the service hands them out today."""


def looks_secret(text: str) -> bool:
    """Whether a text begins like a key or a token of the service."""
    return bool(_SECRET.match(text.strip()))


def holds_secret(text: str) -> bool:
    """Whether a key or a token of the service seems to stand anywhere in a text."""
    return bool(_SECRET.search(text))
