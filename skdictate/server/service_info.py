"""The services by which the server describes itself: health and reflection.

These are gRPC's ``grpc.health.v1`` and ``grpc.reflection``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha import reflection, reflection_pb2

from skdictate.server import health
from skdictate.server.health import Health

REFLECTION = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)
"""The package knows only the second name; the messages are the same."""
ASKING_S = 60.0
"""Seconds that a reflection call may last: programs ask what is offered and then call it."""
MOST_QUESTIONS = 1_000
"""In one call. This server has two services in a few files; ``grpcurl`` asks a dozen questions."""


class ServiceInfo:
    """Health and reflection of one server."""

    def __init__(self, server: grpc.aio.Server, services: tuple[str, ...]) -> None:
        self._health = Health(services)
        names = (*services, health.SERVICE, *REFLECTION)
        self._reflection = reflection.aio.ReflectionServicer(names)
        reflections = [self._reflection_handler(name) for name in REFLECTION]
        server.add_generic_rpc_handlers((self._health.handler(), *reflections))

    def set_serving(self) -> None:
        """Report the server as healthy; before that the model is not loaded."""
        self._health.set(is_serving=True)

    def set_stopping(self) -> None:
        """Report the server as not serving, for good."""
        self._health.set(is_serving=False, is_final=True)

    def _reflection_handler(self, name: str) -> grpc.GenericRpcHandler:
        """The reflection service under one of its names."""
        method = grpc.stream_stream_rpc_method_handler(
            self._reflect,
            request_deserializer=_unpack,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": method})

    async def _reflect(self, _requests: Any, context: Any) -> None:
        """Answer a program that asks which services there are."""
        try:
            async with asyncio.timeout(ASKING_S):
                questions = _questions(context)
                async for answer in self._reflection.ServerReflectionInfo(questions, context):
                    await context.write(answer)
        except TimeoutError:
            text = f"A reflection call may last {ASKING_S:.0f} seconds"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)


async def _questions(context: Any) -> AsyncIterator[Any]:
    """Yield the questions of one call, up to the limit."""
    n_asked = 0
    while (request := await context.read()) is not grpc.aio.EOF:
        n_asked += 1
        if request is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The request is malformed")
        if n_asked > MOST_QUESTIONS:
            text = f"A reflection call may have {MOST_QUESTIONS} requests"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        yield request


def _unpack(data: bytes) -> Any | None:
    """Parse a question; None if the bytes are no such message."""
    try:
        return reflection_pb2.ServerReflectionRequest.FromString(data)
    except DecodeError:
        return None
