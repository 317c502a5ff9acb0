"""How many sessions there may be at a time, and how many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

Continuation = Callable[[Any], Awaitable[Any]]


class SessionLimit(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Counts the sessions, and refuses those beyond the number."""

    def __init__(self, n_session_limit: int, services: tuple[str, ...]) -> None:
        self.n_taken = 0
        self._n_session_limit = n_session_limit
        self._prefixes = tuple(f"/{service}/" for service in services)
        self._empty = asyncio.Event()
        self._empty.set()

    async def empty(self) -> None:
        """Wait until no session runs."""
        await self._empty.wait()

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Sessions take a seat; other calls need none."""
        handler = await continuation(call)
        if handler is None or not call.method.startswith(self._prefixes):
            return handler

        async def seated(requests: Any, context: Any) -> None:
            if self.n_taken >= self._n_session_limit:
                text = (
                    f"This server has {self._n_session_limit} sessions at a time, and all are taken"
                )
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            self.n_taken += 1
            self._empty.clear()
            try:
                await handler.stream_stream(requests, context)
            finally:
                self.n_taken -= 1
                if self.n_taken == 0:
                    self._empty.set()

        return grpc.stream_stream_rpc_method_handler(
            seated, handler.request_deserializer, handler.response_serializer
        )
