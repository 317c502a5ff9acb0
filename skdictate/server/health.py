"""``grpc.health.v1.Health``: whether the server is well, for programs that monitor servers.

Uses the messages of gRPC's own package but not its service: there, when the first watcher of a name
leaves, all others of that name get no more updates, and nothing limits the number of questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

SERVICE = "grpc.health.v1.Health"
ASKED_S = 5.0
"""Seconds within which a call has to send its question."""
UNREAD_S = 30.0
"""Seconds after which a watcher that reads no answer is cut off."""
_STATUS = health_pb2.HealthCheckResponse


class Health:
    """One status for all services of the server."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self._names = ("", *services)
        self._status = _STATUS.NOT_SERVING
        self._is_final = False
        self._changed = asyncio.Event()
        """Set when the current status is replaced; each status has its own event."""

    def set(self, *, is_serving: bool, is_final: bool = False) -> None:
        """Change the status and notify all watchers.

        After a final status it never changes again.
        """
        if self._is_final:
            return
        self._is_final = is_final
        self._status = _STATUS.SERVING if is_serving else _STATUS.NOT_SERVING
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def handler(self) -> grpc.GenericRpcHandler:
        """The handler to register with a gRPC server."""
        methods = {"Check": _method(self._check), "Watch": _method(self._watch)}
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def _check(self, _requests: Any, context: Any) -> None:
        if not await self._is_known(context):
            await context.abort(grpc.StatusCode.NOT_FOUND, "This server has no such service")
        await _write(context, self._status)

    async def _watch(self, _requests: Any, context: Any) -> None:
        is_known = await self._is_known(context)
        last_sent = None
        while True:
            changed = self._changed
            status = self._status if is_known else _STATUS.SERVICE_UNKNOWN
            if status != last_sent:
                await _write(context, status)
            last_sent = status
            await changed.wait()

    async def _is_known(self, context: Any) -> bool:
        """Whether the service that the client asks about exists.

        Its name may be long and is not kept.
        """
        try:
            async with asyncio.timeout(ASKED_S):
                request = await context.read()
        except TimeoutError:
            text = f"No request arrived within {ASKED_S:.0f} seconds"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)
        if isinstance(request, health_pb2.HealthCheckRequest):
            return request.service in self._names
        return bool(
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The request is malformed")
        )


async def _write(context: Any, status: Any) -> None:
    """Write a status, and end the call if the client does not read it."""
    try:
        async with asyncio.timeout(UNREAD_S):
            await context.write(_STATUS(status=status))
    except TimeoutError:
        await context.abort(grpc.StatusCode.ABORTED, "The answers are not read")


def _unpack(data: bytes) -> Any | None:
    """Parse a question; None if the bytes are no such message."""
    try:
        return health_pb2.HealthCheckRequest.FromString(data)
    except DecodeError:
        return None


def _method(behaviour: Callable[..., Any]) -> grpc.RpcMethodHandler:
    """A stream-stream handler, which is unary or server-streaming on the wire.

    So the request is read here, with a time limit.
    """
    return grpc.stream_stream_rpc_method_handler(
        behaviour, request_deserializer=_unpack, response_serializer=_STATUS.SerializeToString
    )
