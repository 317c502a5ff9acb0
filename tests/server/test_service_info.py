"""What a server tells of itself."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from skdictate.server.serve import SERVICES
from tests.server.clients import call_on, health, numbers, talk
from tests.server.conftest import Hosted, Hosting
from tests.server.test_service_v3 import settings
from tests.support.number_recogniser import EchoRecogniser

STATUS = health_pb2.HealthCheckResponse


async def test_health_is_that_of_the_model(hosting: Hosting, tmp_path: Path) -> None:
    may_load = threading.Event()

    def load() -> EchoRecogniser:
        may_load.wait()
        return EchoRecogniser()

    tmp_path.chmod(0o700)
    address = f"unix:{tmp_path / 's'}"
    opening = hosting(load, address=address)
    entering = asyncio.ensure_future(opening.__aenter__())
    while not (tmp_path / "s").exists():
        await asyncio.sleep(0.01)
    early = Hosted(address, None, None)  # type: ignore[arg-type]
    try:
        assert await health(early) == STATUS.NOT_SERVING
        assert await health(early, SERVICES[0]) == STATUS.NOT_SERVING
        async with early.channel() as channel:
            waiting = asyncio.ensure_future(talk(call_on(channel), [settings(), *numbers(3)]))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            may_load.set()
            assert await waiting == "1 2 3"
        hosted = await entering
        for service in ("", *SERVICES):
            assert await health(hosted, service) == STATUS.SERVING
    finally:
        may_load.set()
        await opening.__aexit__(None, None, None)


def reflection_on(channel: grpc.aio.Channel, version: str) -> Any:
    return channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_it_tells_what_can_be_called(hosting: Hosting, version: str) -> None:
    request = reflection_pb2.ServerReflectionRequest
    requests = [request(list_services=""), *(request(file_containing_symbol=s) for s in SERVICES)]
    async with hosting() as hosted, hosted.channel() as channel:
        call = reflection_on(channel, version)(iter(requests))
        listed, *files = [answer async for answer in call]
    names = {service.name for service in listed.list_services_response.service}
    assert {*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} <= names
    for name, answer in zip(SERVICES, files, strict=True):
        (data,) = answer.file_descriptor_response.file_descriptor_proto[:1]
        described = descriptor_pb2.FileDescriptorProto.FromString(data)
        assert [f"{described.package}.{service.name}" for service in described.service] == [name]


async def test_it_tells_strangers_only_that_it_is_well(hosting: Hosting) -> None:
    async with hosting(token="token-of-this-test") as hosted, hosted.channel() as channel:
        assert await reflection_on(channel, "v1")().code() is grpc.StatusCode.UNAUTHENTICATED
        assert await health(hosted) == STATUS.SERVING
