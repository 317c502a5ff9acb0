"""Small requests to those who issue tokens: one answer in JSON, or the reason why there is none."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import replace
from http.client import HTTPException
from importlib import resources
from typing import IO, Any
from urllib.parse import urlsplit

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit import support_ids
from skdictate.speechkit.auth.bounded_call import aside
from skdictate.speechkit.proxies import proxy_for
from skdictate.system.hidden_value import ENVIRONMENT, seen
from skdictate.text.clean_text import clean

WHOLE_S = 10.0
"""For a request with all that belongs to it, the question to the name server too."""
MOST_BYTES = 65_536
"""A token has less than 1000."""
_PASSING = (408, 425, 429)
"""Refusals that end by themselves; others in the four hundreds do not."""


class _Stays(urllib.request.HTTPRedirectHandler):
    """What is sent to one server is not for another."""

    def redirect_request(self, *_arguments: Any) -> None:
        """No."""


async def fetch(
    url: str,
    *,
    who: str,
    headers: dict[str, str],
    body: dict[str, str] | None = None,
    is_near: bool = False,
    limit_s: float = WHOLE_S,
) -> dict[str, Any]:
    """The answer to a GET, or to a POST of ``body``.

    Args:
        url: http or https.
        who: who is asked, in words.
        headers: of the request.
        body: sent as JSON.
        is_near: no proxy leads there.
        limit_s: how long it may take.

    Raises:
        ProblemError: of kind credentials if it was refused, service if the answer makes no sense,
            network otherwise.
    """
    data = None if body is None else json.dumps(body).encode()
    if body is not None:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - see ``Args``
    try:
        return _object(await aside(lambda: _read(request, limit_s, is_near=is_near), limit_s), who)
    except urllib.error.HTTPError as error:
        with error:
            problem = _of_status(who, error.code, _message(error, body))
            names = support_ids.names((key.lower(), value) for key, value in error.headers.items())
            raise ProblemError(replace(problem, support=names)) from None
    except TimeoutError:
        raise ProblemError(_unreachable(who, "no answer")) from None
    except (OSError, HTTPException, ValueError) as error:
        raise ProblemError(_unreachable(who, _cause(error))) from None


def _read(request: urllib.request.Request, limit_s: float, *, is_near: bool) -> bytes:
    """On a thread."""
    proxy = None if is_near else proxy_for(_target(request), ENVIRONMENT)
    # urllib formats what it cuts out of the address, so a hidden one would sign in as nobody.
    way = {request.type: seen(proxy.url)} if proxy is not None and proxy.is_usable else {}
    handlers: list[urllib.request.BaseHandler] = [_Stays(), urllib.request.ProxyHandler(way)]
    if request.type == "https":
        handlers.append(urllib.request.HTTPSHandler(context=_tls()))
    with urllib.request.build_opener(*handlers).open(request, timeout=limit_s) as answer:
        data: bytes = answer.read(MOST_BYTES)
        return data


def _target(request: urllib.request.Request) -> str:
    """Who is asked, as HOST:PORT."""
    parts = urlsplit(request.full_url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _tls() -> ssl.SSLContext:
    """Trusts what this system trusts, and what the connection to the recogniser does: the roots
    that gRPC carries. Small containers have no others."""
    context = ssl.create_default_context()
    roots = resources.files("grpc").joinpath("_cython", "_credentials", "roots.pem")
    if roots.is_file():
        context.load_verify_locations(cadata=roots.read_text(encoding="ascii"))
    return context


def _object(data: bytes, who: str) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ProblemError(nonsense(who))
    return said


def _message(answer: IO[bytes], sent: dict[str, str] | None) -> str:
    """What the refusal says, without what was sent."""
    try:
        said = json.loads(answer.read(MOST_BYTES))
        text = str(said.get("message", ""))
    except (ValueError, AttributeError, OSError, HTTPException):
        return ""
    for secret in (sent or {}).values():
        text = text.replace(secret, "[the key]")
    return clean(text)[:300]


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({clean(reason.verify_message)})"
    return clean(str(getattr(reason, "strerror", None) or reason or type(error).__name__))[:200]


def _of_status(who: str, status: int, message: str) -> Problem:
    said = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if 400 <= status < 500 and status not in _PASSING:
        hint = "Check that the key or the account is still there, and the clock of this machine."
        return Problem(Kind.CREDENTIALS, f"{who} gives no token", said, hint, is_permanent=True)
    return _unreachable(who, said)


def _unreachable(who: str, detail: str) -> Problem:
    hint = "Recording goes on; trying again."
    return Problem(Kind.NETWORK, f"{who} cannot be reached", detail, hint)


def nonsense(who: str) -> Problem:
    """The problem that an answer is not what was asked for."""
    return Problem(Kind.SERVICE, f"{who} gives no token", "Its answer makes no sense")
