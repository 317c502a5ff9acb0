"""The names of a request that the service's support asks for.

They are in the headers of an answer, or in its trailers where it was refused; see the service's
documentation, "Response headers". The last one is our own name for it, which comes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skdictate.text.clean_text import clean

KEYS = ("x-request-id", "x-server-trace-id", "x-client-request-id")
LONGEST = 100
"""Characters of a name; the service's are UUIDs."""


def names(*metadata: Iterable[Any] | None) -> str:
    """What there is of them, as ``x-request-id 1, x-server-trace-id 2``; empty without any."""
    found: dict[str, str] = {}
    for pairs in metadata:
        for key, value in pairs or ():
            if key in KEYS and isinstance(value, str) and (name := clean(value)[:LONGEST].strip()):
                found.setdefault(key, name)
    return ", ".join(f"{key} {found[key]}" for key in KEYS if key in found)


def own(request_id: str) -> str:
    """The same, where the service gave none."""
    return names([(KEYS[-1], request_id)])
