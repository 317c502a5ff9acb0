"""Recognises API keys and tokens by their form, so that no setting and no log holds one."""

from __future__ import annotations

import re

_SECRET = re.compile(r"AQVN[\w-]{20,}|t\d\.[\w=-]+\.|y[0-3]_[\w-]{20,}")
"""Prefixes of Yandex Cloud API keys, IAM tokens and OAuth tokens."""


def looks_secret(text: str) -> bool:
    """Whether the text begins like an API key or a token of Yandex Cloud."""
    return bool(_SECRET.match(text.strip()))


def holds_secret(text: str) -> bool:
    """Whether the text contains what looks like an API key or a token of Yandex Cloud."""
    return bool(_SECRET.search(text))
