"""``grpc.health.v1.Health``: whether the server is well, for those who watch over servers.

The messages are those of gRPC's own package; its service is not used. There the first watcher of
a name that leaves takes the news from all others of that name, and nothing bounds what is asked.
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
"""A question that is not there after this long will not come."""
UNREAD_S = 30.0
"""Whoever takes no answer for so long is not watching."""
_STATUS = health_pb2.HealthCheckResponse


class Health:
    """One status for all services of the server."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self._names = ("", *services)
        self._status = _STATUS.NOT_SERVING
        self._is_final = False
        self._changed = asyncio.Event()
        """Of the present status; each has its own."""

    def set(self, *, is_serving: bool, is_final: bool = False) -> None:
        """Change the status and tell all who watch; after a final one nothing changes any more."""
        if self._is_final:
            return
        self._is_final = is_final
        self._status = _STATUS.SERVING if is_serving else _STATUS.NOT_SERVING
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def handler(self) -> grpc.GenericRpcHandler:
        """What a gRPC server registers."""
        methods = {"Check": _method(self._check), "Watch": _method(self._watch)}
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def _check(self, _requests: Any, context: Any) -> None:
        if not await self._is_known(context):
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such service here")
        await _write(context, self._status)

    async def _watch(self, _requests: Any, context: Any) -> None:
        is_known = await self._is_known(context)
        told = None
        while True:
            changed = self._changed
            status = self._status if is_known else _STATUS.SERVICE_UNKNOWN
            if status != told:
                await _write(context, status)
            told = status
            await changed.wait()

    async def _is_known(self, context: Any) -> bool:
        """Whether the service exists that is asked about; its name may be long and is not kept."""
        try:
            async with asyncio.timeout(ASKED_S):
                request = await context.read()
        except TimeoutError:
            text = f"No question within {ASKED_S:.0f} seconds"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)
        if isinstance(request, health_pb2.HealthCheckRequest):
            return request.service in self._names
        return bool(await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "This is no question"))


async def _write(context: Any, status: Any) -> None:
    """Tell it, to whoever takes it."""
    try:
        async with asyncio.timeout(UNREAD_S):
            await context.write(_STATUS(status=status))
    except TimeoutError:
        await context.abort(grpc.StatusCode.ABORTED, "The answers are not read")


def _unpack(data: bytes) -> Any | None:
    """A question as it came; None if it is none."""
    try:
        return health_pb2.HealthCheckRequest.FromString(data)
    except DecodeError:
        return None


def _method(behaviour: Callable[..., Any]) -> grpc.RpcMethodHandler:
    """The same on the wire as the kinds with one request; but here we read it, when we want to."""
    return grpc.stream_stream_rpc_method_handler(
        behaviour, request_deserializer=_unpack, response_serializer=_STATUS.SerializeToString
    )
