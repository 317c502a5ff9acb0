"""Checks that a request comes from this page, opened under a name of the loopback interface.

A foreign page may lead a browser here under a name of its own that points to 127.0.0.1; then
``Host`` has that name. Or it may open the WebSocket itself; then ``Origin`` is a foreign one. The
port may be any: ``ssh -L`` can change it, and knowing it proves nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from websockets.datastructures import Headers

NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_HOST = 64


def host_of(headers: Headers) -> str:
    """The browser's name for this server; empty if it is not a loopback name."""
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
    """Whether the WebSocket is opened by a page from this server."""
    return headers.get_all("Origin") == [f"http://{host}"]
