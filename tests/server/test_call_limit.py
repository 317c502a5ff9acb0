"""Calls that are no sessions: how many there may be, and what they may hold."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from skdictate.errors import Exit
from skdictate.server import health as health_module
from skdictate.server import service_info
from skdictate.server.call_limit import MOST_CALLS_OF_PEER, peer_of
from skdictate.server.service_host import n_streams
from tests.server.clients import call_on, health, numbers, talk
from tests.server.conftest import Hosting
from tests.server.test_service_info import reflection_on
from tests.server.test_service_v3 import settings

TOKEN = "token-of-this-test"
SHOWN = (("authorization", f"Api-Key {TOKEN}"),)
STATUS = health_pb2.HealthCheckResponse


def watch_on(channel: grpc.aio.Channel, service: str = "") -> Any:
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Watch(health_pb2.HealthCheckRequest(service=service))


async def refused(calls: list[Any]) -> list[Any]:
    """Wait until as many of the calls are refused as have to be; the others."""
    ends = {asyncio.ensure_future(call.code()): call for call in calls}
    n_refused = len(calls) - MOST_CALLS_OF_PEER
    async with asyncio.timeout(20):
        while sum(end.done() for end in ends) < n_refused:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED, timeout=0.1)
    codes = {end.result() for end in ends if end.done()}
    # Those beyond what a connection may have are refused before they are looked at.
    assert codes - {grpc.StatusCode.UNAVAILABLE} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    return [call for end, call in ends.items() if not end.done()]


@pytest.mark.parametrize("n_connections", [1, 3])
async def test_who_watches_a_hundred_times_is_refused_and_others_are_served(
    hosting: Hosting, n_connections: int
) -> None:
    async with hosting(token=TOKEN) as hosted:
        channels = [hosted.channel() for _ in range(n_connections)]
        watching = await refused([watch_on(channels[n % n_connections]) for n in range(100)])
        for call in watching:
            assert (await call.read()).status == STATUS.SERVING
        async with hosted.channel() as channel:
            assert await talk(call_on(channel, SHOWN), [settings(), *numbers(3)]) == "1 2 3"
            assert await watch_on(channel).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for call in watching:
            call.cancel()
        async with asyncio.timeout(20):
            while await _code(hosted) is not None:
                await asyncio.sleep(0.01)
        for channel in channels:
            await channel.close()


async def _code(hosted: Any) -> grpc.StatusCode | None:
    """Why the server does not say whether it is well; None if it does."""
    try:
        assert await health(hosted) == STATUS.SERVING
    except grpc.aio.AioRpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return None


async def test_streams_that_wait_for_a_question_are_counted_too(hosting: Hosting) -> None:
    async with hosting() as hosted, hosted.channel() as channel:
        versions = ("v1", "v1alpha")
        calls = await refused([reflection_on(channel, versions[n % 2])() for n in range(60)])
        await calls[0].write(reflection_pb2.ServerReflectionRequest(list_services=""))
        assert (await calls[0].read()).HasField("list_services_response")


async def test_a_connection_has_as_many_calls_as_can_be_served_and_the_rest_wait(
    hosting: Hosting,
) -> None:
    async with hosting(n_sessions=1) as hosted, hosted.channel() as channel:
        seated = call_on(channel)
        await seated.write(settings())
        await seated.read()
        watching = [watch_on(channel) for _ in range(n_streams(1) - 1)]
        for call in watching:
            await call.read()
        waiting = asyncio.ensure_future(call_on(channel).code())
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done(), "without that limit there is no seat for it"
        watching[0].cancel()
        assert await waiting is grpc.StatusCode.RESOURCE_EXHAUSTED
        seated.cancel()


async def test_a_watcher_that_leaves_takes_the_news_from_nobody(hosting: Hosting) -> None:
    async with hosting() as hosted, hosted.channel() as channel, hosted.channel() as other:
        leaving, staying = watch_on(other), watch_on(channel)
        assert (await leaving.read()).status == (await staying.read()).status == STATUS.SERVING
        leaving.cancel()
        await other.close()
        await asyncio.sleep(0.1)
        hosted.host.stop(Exit.DONE)
        async with asyncio.timeout(5):
            assert (await staying.read()).status == STATUS.NOT_SERVING


async def test_what_does_not_exist_is_told_so(hosting: Hosting) -> None:
    async with hosting() as hosted, hosted.channel() as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
            await health(hosted, "no.such.Service")
        call = watch_on(channel, "x" * 3_000_000)
        assert (await call.read()).status == STATUS.SERVICE_UNKNOWN


@pytest.mark.parametrize("method", ["Check", "Watch"])
async def test_a_question_that_is_none_or_does_not_come(
    hosting: Hosting, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "ASKED_S", 0.2)
    path = f"/{health_module.SERVICE}/{method}"
    async with hosting() as hosted, hosted.channel() as channel:
        assert await _ended(channel, path, [b"\xff"]) is grpc.StatusCode.INVALID_ARGUMENT
        assert await _ended(channel, path, []) is grpc.StatusCode.INVALID_ARGUMENT
        silent = channel.stream_stream(path)()
        assert await silent.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_questions_without_end_are_ended(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_info, "MOST_QUESTIONS", 5)
    path = f"/{service_info.REFLECTION[0]}/ServerReflectionInfo"
    async with hosting() as hosted, hosted.channel() as channel:
        assert await _ended(channel, path, [b"\x3a\0"] * 5) is grpc.StatusCode.OK
        assert await _ended(channel, path, [b"\x3a\0"] * 6) is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await _ended(channel, path, [b"\xff"]) is grpc.StatusCode.INVALID_ARGUMENT
        monkeypatch.setattr(service_info, "ASKING_S", 0.2)
        assert await channel.stream_stream(path)().code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def _ended(channel: grpc.aio.Channel, path: str, messages: list[bytes]) -> grpc.StatusCode:
    """How a call of those messages ends."""
    call = channel.stream_stream(path)(iter(messages))
    with suppress(grpc.RpcError):
        while await call.read() is not grpc.aio.EOF:
            pass
    code: grpc.StatusCode = await call.code()
    return code


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("ipv4:192.0.2.1:4711", "192.0.2.1"),
        ("ipv6:%5B::1%5D:4711", "::/64"),
        ("ipv6:[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1:2::/64"),
        ("ipv6:%5Bfe80::1%25eth0%5D:1", "fe80::/64"),
        ("ipv6:[::ffff:192.0.2.1]:4711", "192.0.2.1"),
        ("unix:", "unix"),
        ("ipv4:nowhere:1", "nowhere"),
    ],
)
def test_a_peer_is_a_machine_whatever_its_ports(name: str, peer: str) -> None:
    assert peer_of(name) == peer
