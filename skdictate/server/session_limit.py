"""A limit on the number of sessions at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

Continuation = Callable[[Any], Awaitable[Any]]


class SessionLimit(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Counts the running sessions and refuses any above the limit."""

    def __init__(self, n_session_limit: int, services: tuple[str, ...]) -> None:
        self.n_running = 0
        self._n_session_limit = n_session_limit
        self._prefixes = tuple(f"/{service}/" for service in services)
        self._empty = asyncio.Event()
        self._empty.set()

    async def wait_until_empty(self) -> None:
        """Wait until no session is running."""
        await self._empty.wait()

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Wrap the handler of a session; return those of other calls unchanged."""
        handler = await continuation(call)
        if handler is None or not call.method.startswith(self._prefixes):
            return handler

        async def limited(requests: Any, context: Any) -> None:
            if self.n_running >= self._n_session_limit:
                text = f"All {self._n_session_limit} sessions of this server are in use"
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            self.n_running += 1
            self._empty.clear()
            try:
                await handler.stream_stream(requests, context)
            finally:
                self.n_running -= 1
                if self.n_running == 0:
                    self._empty.set()

        return grpc.stream_stream_rpc_method_handler(
            limited, handler.request_deserializer, handler.response_serializer
        )
