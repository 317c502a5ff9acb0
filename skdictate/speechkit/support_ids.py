"""The request ids that SpeechKit's support asks for.

They are in the headers of an answer, or in the trailers if the request was refused; see "Response
headers" in SpeechKit's documentation. The last one is our own id, which the service sends back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skdictate.text.clean_text import clean

KEYS = ("x-request-id", "x-server-trace-id", "x-client-request-id")
LONGEST = 100
"""Characters of an id; the service's are UUIDs."""


def names(*metadata: Iterable[Any] | None) -> str:
    """The ids in the metadata, as in ``x-request-id 1, x-server-trace-id 2``.

    Empty if there are none.
    """
    found: dict[str, str] = {}
    for pairs in metadata:
        for key, value in pairs or ():
            if key in KEYS and isinstance(value, str) and (name := clean(value)[:LONGEST].strip()):
                found.setdefault(key, name)
    return ", ".join(f"{key} {found[key]}" for key in KEYS if key in found)


def own(request_id: str) -> str:
    """Our own id in that form, for requests to which the service gave none."""
    return names([(KEYS[-1], request_id)])
