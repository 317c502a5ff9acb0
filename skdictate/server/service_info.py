"""What the server tells of itself: whether it is well, and which services it has.

Both are gRPC's own services: ``grpc.health.v1`` and ``grpc.reflection``.
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
"""The package knows the second name only; the messages are the same."""
ASKING_S = 60.0
"""Programs ask what is offered, and go on to call it."""
MOST_QUESTIONS = 1_000
"""In one call. Ours are two services in a few files; ``grpcurl`` asks a dozen."""


class ServiceInfo:
    """Health and reflection of one server."""

    def __init__(self, server: grpc.aio.Server, services: tuple[str, ...]) -> None:
        self._health = Health(services)
        names = (*services, health.SERVICE, *REFLECTION)
        self._reflection = reflection.aio.ReflectionServicer(names)
        reflections = [self._reflected(name) for name in REFLECTION]
        server.add_generic_rpc_handlers((self._health.handler(), *reflections))

    def serving(self) -> None:
        """All is well; before that, the model is not there yet."""
        self._health.set(is_serving=True)

    def stopping(self) -> None:
        """No more sessions are taken, and that is final."""
        self._health.set(is_serving=False, is_final=True)

    def _reflected(self, name: str) -> grpc.GenericRpcHandler:
        """The service by one of its names."""
        method = grpc.stream_stream_rpc_method_handler(
            self._reflect,
            request_deserializer=_unpack,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": method})

    async def _reflect(self, _requests: Any, context: Any) -> None:
        """Answer a program that wants to know what can be called."""
        try:
            async with asyncio.timeout(ASKING_S):
                questions = _questions(context)
                async for answer in self._reflection.ServerReflectionInfo(questions, context):
                    await context.write(answer)
        except TimeoutError:
            text = f"A call may ask for {ASKING_S:.0f} seconds"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)


async def _questions(context: Any) -> AsyncIterator[Any]:
    """Those of one call, up to their limit."""
    n_asked = 0
    while (request := await context.read()) is not grpc.aio.EOF:
        n_asked += 1
        if request is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "This is no question")
        if n_asked > MOST_QUESTIONS:
            text = f"A call may ask {MOST_QUESTIONS} questions"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        yield request


def _unpack(data: bytes) -> Any | None:
    """A question as it came; None if it is none."""
    try:
        return reflection_pb2.ServerReflectionRequest.FromString(data)
    except DecodeError:
        return None
