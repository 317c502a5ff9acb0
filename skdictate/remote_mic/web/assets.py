"""The files of the page, and their HTTP headers, which allow nothing from elsewhere."""

from __future__ import annotations

from http import HTTPStatus
from importlib.resources import files

from websockets.datastructures import Headers
from websockets.http11 import Response

SCRIPT = "text/javascript; charset=utf-8"
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "page.js": SCRIPT,
    "words.js": SCRIPT,
    "meter.js": SCRIPT,
    "courier.js": SCRIPT,
    "take.js": SCRIPT,
    "flow.js": SCRIPT,
    "spool.js": SCRIPT,
    "packer.js": SCRIPT,
    "frames.js": SCRIPT,
    "link.js": SCRIPT,
    "proof.js": SCRIPT,
    "microphone.js": SCRIPT,
    "resampler.js": SCRIPT,
    "worklet.js": SCRIPT,
}
"""All files; no path of a request is ever used as a path on disk."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), screen-wake-lock=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Assets:
    """The files, read once."""

    def __init__(self) -> None:
        folder = files("skdictate.remote_mic.web") / "page"
        self._files = {name: (folder / name).read_bytes() for name in TYPES}

    def answer(self, path: str, host: str) -> Response:
        """The response with a file, or 404; ``host`` is the browser's name for this server."""
        name = path.removeprefix("/") or "index.html"
        if name not in self._files:
            return said(HTTPStatus.NOT_FOUND, "This page does not exist.")
        headers = HEADERS | {"Content-Security-Policy": POLICY.format(host=host)}
        return _response(HTTPStatus.OK, TYPES[name], self._files[name], headers)


def said(status: HTTPStatus, words: str) -> Response:
    """A response with one sentence."""
    return _response(status, "text/plain; charset=utf-8", f"{words}\n".encode(), HEADERS)


def _response(status: HTTPStatus, media_type: str, body: bytes, extra: dict[str, str]) -> Response:
    length = {"Content-Type": media_type, "Content-Length": str(len(body)), "Connection": "close"}
    return Response(status.value, status.phrase, Headers(**(length | extra)), body)
