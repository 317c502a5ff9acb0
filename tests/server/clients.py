"""Clients of servers for other programs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from tests.server.conftest import Hosted
from tests.server.test_service_v3 import chunks, settings
from tests.support.number_recogniser import count

SOUND = Format(16_000)


def call_on(
    channel: grpc.aio.Channel, metadata: Any = (), requests: list[Any] | None = None
) -> Any:
    """A session; it sends these requests, or else what the test writes."""
    return channel.stream_stream(
        "/speechkit.stt.v3.Recognizer/RecognizeStreaming",
        request_serializer=pb.StreamingRequest.SerializeToString,
        response_deserializer=pb.StreamingResponse.FromString,
    )(None if requests is None else iter(requests), metadata=metadata)


async def talk(call: Any, requests: list[pb.StreamingRequest]) -> str:
    """Send everything; the finals of words."""
    for request in requests:
        await call.write(request)
    await call.done_writing()
    finals = []
    while (response := await call.read()) is not grpc.aio.EOF:
        if response.HasField("final"):
            finals.append(response.final.alternatives[0].text)
    return " ".join(text for text in finals if text)


@asynccontextmanager
async def session(hosted: Hosted) -> AsyncIterator[Any]:
    """A session that has begun."""
    async with hosted.channel() as channel:
        call = call_on(channel)
        await call.write(settings())
        await call.read()
        yield call
        call.cancel()


def numbers(last: int) -> list[pb.StreamingRequest]:
    return chunks(count(1, last, SOUND, gap_s=0, pause_s=0.6, run=3))


async def health(hosted: Hosted, service: str = "") -> int:
    async with hosted.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        return int(answer.status)
