"""Whose request it is: of a browser that opened this page itself, by a name of loopback.

A page from elsewhere may send a browser here by a name of its own that points to 127.0.0.1; then
``Host`` has that name. Or it may open the WebSocket itself; then ``Origin`` is not ours. The port
may be any: ``ssh -L`` can give another one on the other machine, and to know it proves nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from websockets.datastructures import Headers

NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_HOST = 64


def host_of(headers: Headers) -> str:
    """What the browser calls us; empty if that is no name of loopback."""
    given = headers.get_all("Host")
    if len(given) != 1 or len(given[0]) > LONGEST_HOST:
        return ""
    try:
        parts = urlsplit(f"//{given[0]}")
        is_ours = parts.hostname in NAMES and (parts.port or 80) > 0
    except ValueError:
        return ""
    is_plain = parts.netloc == given[0] and parts.username is None
    return given[0] if is_ours and is_plain else ""


def is_own(headers: Headers, host: str) -> bool:
    """The page that opens the WebSocket came from here."""
    return headers.get_all("Origin") == [f"http://{host}"]
