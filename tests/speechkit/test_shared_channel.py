"""Connections: shared while they can be trusted, and made anew beside those that hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.channel import Endpoint
from skdictate.speechkit.connect import RETRY_S, connect
from skdictate.speechkit.shared_channel import IDLE_S, SILENT_S, SharedChannel
from tests.faults import fast_clock
from tests.faults.bad_link import Proxy
from tests.faults.scripted_server import Server

NETWORK = ProblemError(Problem(Kind.NETWORK, "gone"))
SERVICE = ProblemError(Problem(Kind.SERVICE, "busy"))


@asynccontextmanager
async def reached() -> AsyncIterator[tuple[Proxy, Endpoint]]:
    async with Server() as server, Proxy(lambda: server.port) as proxy:
        yield proxy, Endpoint(f"127.0.0.1:{proxy.port}", is_plaintext=True)


def is_closed(line: SharedChannel) -> bool:
    return line.channel.get_state() is grpc.ChannelConnectivity.SHUTDOWN


@pytest.mark.parametrize(
    ("error", "is_good"),
    [
        (SERVICE, True),
        (ExceptionGroup("", [SERVICE, ExceptionGroup("", [SERVICE])]), True),
        (NETWORK, False),
        (ExceptionGroup("", [SERVICE, NETWORK]), False),
        (asyncio.CancelledError(), False),
    ],
)
def test_how_a_session_ends_tells_whether_its_line_is_good(
    error: BaseException, *, is_good: bool
) -> None:
    async def scene() -> None:
        line = SharedChannel(Endpoint("127.0.0.1:1", is_plaintext=True))
        async with line.session():
            pass
        assert line.is_good
        with pytest.raises(type(error)):
            async with line.session():
                raise error
        assert line.is_good is is_good
        assert is_closed(line) is not is_good
        await line.give_up()

    fast_clock.run(scene())


def test_a_line_that_was_given_up_is_closed_when_its_last_session_has_ended() -> None:
    async def scene() -> None:
        line = SharedChannel(Endpoint("127.0.0.1:1", is_plaintext=True))
        async with line.session():
            async with line.session():
                await line.give_up()
                assert not line.is_good
            assert not is_closed(line)
        assert is_closed(line)

    fast_clock.run(scene())


def test_a_line_from_which_nothing_comes_is_not_trusted_with_another_session() -> None:
    async def scene() -> None:
        line = SharedChannel(Endpoint("127.0.0.1:1", is_plaintext=True))
        async with line.session():
            await asyncio.sleep(SILENT_S - 1)
            assert line.is_good
            line.heard()
            await asyncio.sleep(SILENT_S - 1)
            assert line.is_good
            await asyncio.sleep(2)
            assert not line.is_good
            line.heard()
        await asyncio.sleep(IDLE_S - 1)
        assert line.is_good
        await asyncio.sleep(2)
        assert not line.is_good
        await line.give_up()

    fast_clock.run(scene(), speed=400)


def test_a_line_that_stands_at_once_is_the_only_one() -> None:
    async def scene() -> None:
        async with reached() as (proxy, endpoint):
            line = SharedChannel(endpoint)
            assert await connect(line) is line
            assert proxy.n_connections == 1
            await line.give_up()

    fast_clock.run(scene())


def test_where_nobody_is_the_failed_line_is_given_back_at_once() -> None:
    async def scene() -> None:
        async with reached() as (proxy, endpoint):
            await proxy.refuse()
            line = SharedChannel(endpoint)
            async with asyncio.timeout(RETRY_S):
                assert await connect(line) is line
            assert not await line.settled()
            await line.give_up()

    fast_clock.run(scene(), speed=1.0)


def test_another_is_made_beside_one_that_hangs() -> None:
    async def scene() -> None:
        async with reached() as (proxy, endpoint):
            loop = asyncio.get_running_loop()
            proxy.is_hole = True
            line, begun_s = SharedChannel(endpoint), loop.time()
            dialling = asyncio.ensure_future(connect(line))
            await asyncio.sleep(RETRY_S / 2)
            proxy.is_hole = False
            found = await dialling
            assert found is not line
            assert await found.settled()
            assert loop.time() - begun_s < 2 * RETRY_S
            assert is_closed(line)
            await found.give_up()

    fast_clock.run(scene())


def test_nobody_is_left_dialling_when_it_is_not_wanted_any_more() -> None:
    async def scene() -> None:
        async with reached() as (proxy, endpoint):
            proxy.is_hole = True
            line = SharedChannel(endpoint)
            dialling = asyncio.ensure_future(connect(line))
            await asyncio.sleep(2.5 * RETRY_S)
            assert proxy.n_connections == 3
            dialling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dialling
            assert is_closed(line)

    fast_clock.run(scene())
