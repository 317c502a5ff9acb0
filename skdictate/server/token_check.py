"""Refuses calls without the token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

SCHEMES = ("Api-Key", "Bearer")
"""Header schemes that are accepted: SpeechKit takes an API key by the first, an IAM token by the
second."""
OPEN = "/grpc.health.v1.Health/"
"""The health service needs no token: programs that monitor servers have none."""
Continuation = Callable[[Any], Awaitable[Any]]


class TokenCheck(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls that do not carry the token."""

    def __init__(self, token: str) -> None:
        self._wanted = [f"{scheme} {token}".encode() for scheme in SCHEMES]

        async def refuse(_requests: Any, context: Any) -> None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unknown api key")

        self._refusal = grpc.stream_stream_rpc_method_handler(refuse)

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Return the handler of a call with the token, or one that refuses."""
        given = dict(call.invocation_metadata).get("authorization", "")
        if call.method.startswith(OPEN) or self._is_valid(str(given).encode(errors="replace")):
            return await continuation(call)
        return self._refusal

    def _is_valid(self, given: bytes) -> bool:
        """Compare with all accepted values, so that the time taken reveals nothing."""
        return sum(hmac.compare_digest(given, wanted) for wanted in self._wanted) > 0
