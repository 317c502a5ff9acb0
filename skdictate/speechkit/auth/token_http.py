"""Short requests to services that issue tokens, with one JSON answer each."""

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
from skdictate.speechkit.auth.bounded_call import run_on_thread
from skdictate.speechkit.proxies import proxy_for
from skdictate.system.hidden_value import ENVIRONMENT, seen
from skdictate.text.clean_text import clean

WHOLE_S = 10.0
"""Seconds for a whole request, including the name lookup."""
MOST_BYTES = 65_536
"""A token has fewer than 1000."""
_PASSING = (408, 425, 429)
"""HTTP statuses below 500 that are worth another try."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirects: a secret for one server is not for another."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Do not follow the redirect."""


async def fetch(
    url: str,
    *,
    who: str,
    headers: dict[str, str],
    body: dict[str, str] | None = None,
    is_near: bool = False,
    limit_s: float = WHOLE_S,
) -> dict[str, Any]:
    """Return the JSON object that answers a GET, or a POST of ``body``.

    Args:
        url: http or https.
        who: the name of the service, for problems.
        headers: of the request.
        body: sent as JSON.
        is_near: use no proxy.
        limit_s: the time limit in seconds.

    Raises:
        ProblemError: of kind credentials if the request was refused, service if the answer is
            malformed, network otherwise.
    """
    data = None if body is None else json.dumps(body).encode()
    if body is not None:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - see ``Args``
    try:
        return _object(
            await run_on_thread(lambda: _read(request, limit_s, is_near=is_near), limit_s), who
        )
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
    """Run the request; blocks."""
    proxy = None if is_near else proxy_for(_target(request), ENVIRONMENT)
    # urllib formats parts of the address, so a hidden value would be sent as its mask.
    proxies = {request.type: seen(proxy.url)} if proxy is not None and proxy.is_usable else {}
    handlers: list[urllib.request.BaseHandler] = [
        _NoRedirects(),
        urllib.request.ProxyHandler(proxies),
    ]
    if request.type == "https":
        handlers.append(urllib.request.HTTPSHandler(context=_tls()))
    with urllib.request.build_opener(*handlers).open(request, timeout=limit_s) as answer:
        data: bytes = answer.read(MOST_BYTES)
        return data


def _target(request: urllib.request.Request) -> str:
    """The server as HOST:PORT."""
    parts = urlsplit(request.full_url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _tls() -> ssl.SSLContext:
    """A context that trusts the system's roots and those that gRPC carries.

    Small containers have no others.
    """
    context = ssl.create_default_context()
    roots = resources.files("grpc").joinpath("_cython", "_credentials", "roots.pem")
    if roots.is_file():
        context.load_verify_locations(cadata=roots.read_text(encoding="ascii"))
    return context


def _object(data: bytes, who: str) -> dict[str, Any]:
    try:
        answer_json = json.loads(data)
    except ValueError:
        answer_json = None
    if not isinstance(answer_json, dict):
        raise ProblemError(malformed_answer(who))
    return answer_json


def _message(answer: IO[bytes], sent: dict[str, str] | None) -> str:
    """The error message in an answer, without secrets of the request that it may repeat."""
    try:
        answer_json = json.loads(answer.read(MOST_BYTES))
        text = str(answer_json.get("message", ""))
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
    answer_json = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if 400 <= status < 500 and status not in _PASSING:
        hint = "Check that the key and the account exist, and that this machine's clock is right."
        return Problem(
            Kind.CREDENTIALS, f"{who} did not issue a token", answer_json, hint, is_permanent=True
        )
    return _unreachable(who, answer_json)


def _unreachable(who: str, detail: str) -> Problem:
    hint = "Recording goes on; trying again."
    return Problem(Kind.NETWORK, f"{who} cannot be reached", detail, hint)


def malformed_answer(who: str) -> Problem:
    """A problem for an answer that is malformed."""
    return Problem(Kind.SERVICE, f"{who} did not issue a token", "Its answer is malformed")
