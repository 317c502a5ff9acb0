"""The server for other programs: who is let in, how many, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from skdictate.errors import Exit, ProblemError
from skdictate.server import client_call as call_module
from skdictate.server import responses
from skdictate.server import service_host as host_module
from skdictate.server.offered_endpoint import OfferedEndpoint
from skdictate.server.session_rules import SessionRules
from skdictate.speechkit.channel import Endpoint
from tests.server import test_service_v3
from tests.server.clients import call_on, health, numbers, session, talk
from tests.server.conftest import Hosted, Hosting, identity
from tests.server.test_service_v3 import chunks, settings
from tests.support.served import Certificate

TOKEN = "token-of-this-test"
SHOWN = (("authorization", f"Api-Key {TOKEN}"),)
STATUS = health_pb2.HealthCheckResponse


async def test_with_tls_and_a_token_it_may_be_called_from_anywhere(
    hosting: Hosting, tls: Certificate
) -> None:
    async with hosting(address="0.0.0.0:0", token=TOKEN, identity=identity(tls)) as hosted:
        hosted.address = hosted.address.replace("0.0.0.0", "localhost")
        async with hosted.channel(tls) as channel:
            for scheme in ("Api-Key", "Bearer"):
                call = call_on(channel, (("authorization", f"{scheme} {TOKEN}"),))
                assert await talk(call, [settings(), *numbers(3)]) == "1 2 3"
        async with hosted.channel() as channel:
            assert await call_on(channel, SHOWN).code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", TOKEN),),
        (("authorization", "Api-Key"),),
        (("authorization", f"Api-Key {TOKEN}x"),),
        (("authorization", f"Basic {TOKEN}"),),
    ],
)
async def test_without_the_token_nobody_is_heard(hosting: Hosting, metadata: Any) -> None:
    async with hosting(token=TOKEN) as hosted, hosted.channel() as channel:
        call = call_on(channel, metadata)
        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
        assert TOKEN not in (await call.details() or "")


@pytest.mark.parametrize("given", [{}, {"token": TOKEN}, {"identity": True}])
def test_other_machines_are_not_served_in_the_open(given: dict[str, Any], tls: Certificate) -> None:
    if "identity" in given:
        given = {"identity": identity(tls)}
    for address in ("0.0.0.0:0", "[::]:0", "10.1.2.3:80", "example.org:1"):
        with pytest.raises(ProblemError, match="need a token and TLS") as caught:
            OfferedEndpoint(address, SessionRules(), **given)
        assert caught.value.problem.exit_code is Exit.CONFIG
    OfferedEndpoint("127.0.0.1:0", SessionRules(), **given)


def test_secrets_are_not_shown(tls: Certificate) -> None:
    offer = OfferedEndpoint("127.0.0.1:0", SessionRules(), TOKEN, identity(tls))
    assert TOKEN not in repr(offer)
    assert "PRIVATE" not in repr(offer.identity)


async def test_limits_can_be_off(hosting: Hosting) -> None:
    long = [settings(), *chunks(bytes(32_000 * 310), 320_000), *numbers(3)]
    none = SessionRules(float("inf"), float("inf"), float("inf"))
    async with hosting(rules=none) as hosted, hosted.channel() as channel:
        assert await talk(call_on(channel), long) == "1 2 3"
    async with hosting() as hosted:
        with pytest.raises(ProblemError, match="OUT_OF_RANGE"):
            await test_service_v3.talk(Endpoint(hosted.address, is_plaintext=True), long)


async def test_one_session_too_many_is_told_so_and_a_seat_becomes_free(hosting: Hosting) -> None:
    async with hosting(n_sessions=2) as hosted, session(hosted), hosted.channel() as channel:
        async with session(hosted):
            third = call_on(channel)
            assert await third.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "All 2 sessions of this server are in use" in await third.details()
            assert await health(hosted) == STATUS.SERVING
        await asyncio.sleep(0.2)
        assert await talk(call_on(channel), [settings(), *numbers(3)]) == "1 2 3"


async def test_clients_that_vanish_leave_their_seats(hosting: Hosting) -> None:
    async with hosting(n_sessions=3) as hosted:
        for _ in range(12):
            async with session(hosted) as call:
                await call.write(numbers(3)[0])
            await asyncio.sleep(0.05)
        async with hosted.channel() as channel:
            assert await talk(call_on(channel), [settings(), *numbers(3)]) == "1 2 3"


async def test_when_it_stops_running_sessions_are_finished_and_no_others_begin(
    hosting: Hosting,
) -> None:
    async with hosting() as hosted, session(hosted) as call, hosted.channel() as watching:
        watch = health_pb2_grpc.HealthStub(watching).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == STATUS.SERVING
        hosted.host.stop(Exit.TERMINATED)
        assert (await watch.read()).status == STATUS.NOT_SERVING
        await asyncio.sleep(0.1)
        async with hosted.channel() as channel:
            assert await call_on(channel).code() is grpc.StatusCode.UNAVAILABLE
        assert await talk(call, numbers(3)) == "1 2 3"
        assert await call.code() is grpc.StatusCode.OK
        async with asyncio.timeout(5):
            assert await hosted.task is Exit.TERMINATED
    assert not Path(hosted.address.removeprefix("unix:")).exists()


async def test_a_session_that_does_not_end_is_cut_off(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "GRACE_S", 0.3)
    monkeypatch.setattr(host_module, "CUT_S", 0.1)
    async with hosting() as hosted, session(hosted) as call:
        hosted.host.stop(Exit.INTERRUPTED)
        async with asyncio.timeout(5):
            assert await hosted.task is Exit.INTERRUPTED
        assert await call.code() is not grpc.StatusCode.OK


async def test_a_port_that_is_in_use_is_said(hosting: Hosting) -> None:
    async with hosting(address="127.0.0.1:0") as hosted:
        with pytest.raises(ProblemError, match="in use") as caught:
            async with hosting(address=hosted.address):
                pass
    assert caught.value.problem.exit_code is Exit.NETWORK


async def test_connections_that_say_nothing_are_not_kept(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = dict(host_module.OPTIONS)
    assert options["grpc.server_handshake_timeout_ms"] <= 10_000
    options["grpc.server_handshake_timeout_ms"] = 300
    monkeypatch.setattr(host_module, "OPTIONS", tuple(options.items()))
    async with hosting(address="127.0.0.1:0") as hosted:
        host, _, port = hosted.address.rpartition(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(1_000)]
        assert await health(hosted) == STATUS.SERVING
        for connection in idle:
            connection.setblocking(False)
        await asyncio.to_thread(_wait_for_the_end, idle)
        assert await health(hosted) == STATUS.SERVING


async def test_connections_have_a_number(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    options = dict(host_module.OPTIONS)
    assert options["grpc.max_allowed_incoming_connections"] <= 5_000
    options["grpc.max_allowed_incoming_connections"] = 20
    options["grpc.server_handshake_timeout_ms"] = 600_000
    monkeypatch.setattr(host_module, "OPTIONS", tuple(options.items()))
    async with hosting(address="127.0.0.1:0") as hosted:
        host, _, port = hosted.address.rpartition(":")
        for _ in range(2):
            some = [socket.create_connection((host, int(port))) for _ in range(50)]
            async with asyncio.timeout(20):
                while sum(map(_is_closed, some)) < 30:
                    await asyncio.sleep(0.01)
            for connection in some:
                connection.close()
        async with asyncio.timeout(20):
            while await _tried_health(hosted) != STATUS.SERVING:
                await asyncio.sleep(0.05)


def _is_closed(connection: socket.socket) -> bool:
    """The other side has nothing more to say."""
    connection.setblocking(False)
    try:
        while connection.recv(4_096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


async def _tried_health(hosted: Hosted) -> int:
    """Whether it is well, or nothing if there was no connection to be had."""
    try:
        return await health(hosted)
    except grpc.RpcError:
        return int(STATUS.UNKNOWN)


def _wait_for_the_end(connections: list[socket.socket]) -> None:
    """Until the other side has closed them all."""
    deadline_s = time.monotonic() + 20
    for connection in connections:
        while True:
            try:
                if not connection.recv(4_096):
                    break
            except BlockingIOError:
                assert time.monotonic() < deadline_s, "it is kept"
                time.sleep(0.01)
            except OSError:
                break
        connection.close()


async def test_a_client_that_reads_nothing_loses_its_seat(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "UNREAD_S", 0.3)
    monkeypatch.setattr(call_module, "STATUS_TIMEOUT_S", 0.2)
    none = SessionRules(float("inf"), float("inf"), float("inf"))
    small = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1_000)]
    async with (
        hosting(rules=none, n_sessions=1) as hosted,
        hosted.channel() as other,
        grpc.aio.insecure_channel(hosted.address, small) as channel,
    ):
        call = call_on(channel)
        await call.write(settings())
        await call.read()  # it has the seat
        sending = asyncio.ensure_future(_send_for_ever(call))
        async with asyncio.timeout(20):
            while (said := await _tried(call_on(other))) != "1 2 3":
                assert said == ""
        sending.cancel()


async def _send_for_ever(call: Any) -> None:
    while True:
        for request in numbers(300):
            await call.write(request)


async def _tried(call: Any) -> str:
    """What was recognised, or nothing if there was no seat."""
    try:
        return await talk(call, [settings(), *numbers(3)])
    except (grpc.RpcError, asyncio.InvalidStateError):
        return ""
