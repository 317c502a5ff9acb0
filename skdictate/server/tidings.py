"""What the server tells of itself: whether it is well, and which services it has.

Both are gRPC's own services, from gRPC's own packages: ``grpc.health.v1`` and ``grpc.reflection``.
"""

from __future__ import annotations

from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

REFLECTION = "grpc.reflection.v1.ServerReflection"
"""The package knows the name before this one only; the messages are the same."""
_STATUS = health_pb2.HealthCheckResponse


class Tidings:
    """Health and reflection of one server."""

    def __init__(self, server: grpc.aio.Server, services: tuple[str, ...]) -> None:
        self._names = ("", *services)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*services, health.SERVICE_NAME, REFLECTION, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        server.add_generic_rpc_handlers((_reflection(names),))

    async def loading(self) -> None:
        """The model is not there yet."""
        await self._set(_STATUS.NOT_SERVING)

    async def serving(self) -> None:
        """All is well."""
        await self._set(_STATUS.SERVING)

    async def stopping(self) -> None:
        """No more sessions are taken, and that is final."""
        await self._health.enter_graceful_shutdown()

    async def _set(self, status: Any) -> None:
        for name in self._names:
            await self._health.set(name, status)


def _reflection(names: tuple[str, ...]) -> grpc.GenericRpcHandler:
    """The same service by its present name."""
    method = grpc.stream_stream_rpc_method_handler(
        reflection.aio.ReflectionServicer(names).ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(REFLECTION, {"ServerReflectionInfo": method})
