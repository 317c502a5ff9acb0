"""Request ids in the headers and trailers of each answer, for questions to support.

SpeechKit sends ``x-request-id`` and ``x-server-trace-id``; Yandex' clients also expect the
``x-client-request-id`` that they sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

LONGEST_ID = 128
"""Longest client id that is sent back, in characters."""
Continuation = Callable[[Any], Awaitable[Any]]
Metadata = tuple[tuple[str, str], ...]


class RequestIds(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Adds ids to every session, even a refused one.

    So it must come before interceptors that refuse.
    """

    def __init__(self, services: tuple[str, ...]) -> None:
        self._prefixes = tuple(f"/{service}/" for service in services)

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Wrap the handler of a session, so that it sends the ids first."""
        handler = await continuation(call)
        if handler is None or not call.method.startswith(self._prefixes):
            return handler

        async def named(requests: Any, context: Any) -> None:
            ids = request_ids(client_id(context))
            context.set_trailing_metadata(ids)
            await context.send_initial_metadata(ids)
            await handler.stream_stream(requests, context)

        return grpc.stream_stream_rpc_method_handler(
            named, handler.request_deserializer, handler.response_serializer
        )


def request_ids(client: str) -> Metadata:
    """New ids as metadata, together with the client's own if it has one."""
    ids = (("x-request-id", str(uuid.uuid4())), ("x-server-trace-id", uuid.uuid4().hex))
    return (*ids, ("x-client-request-id", client)) if client else ids


def client_id(context: Any) -> str:
    """The client's own id for its request; empty if there is none that can be sent back."""
    metadata = dict(context.invocation_metadata() or ())
    given = metadata.get("x-client-request-id", "")
    is_plain = isinstance(given, str) and given.isascii() and given.isprintable()
    return given if is_plain and len(given) <= LONGEST_ID else ""
