"""The server for other programs: opens, says where it is, and closes in good order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.server import unix_socket
from skdictate.server.call_limit import MOST_CALLS_OF_PEER, CallLimit
from skdictate.server.lazy_load import LazyRecogniser, Loader
from skdictate.server.offered_endpoint import OfferedEndpoint
from skdictate.server.serve import SERVICES, build
from skdictate.server.service_info import ServiceInfo
from skdictate.server.session_limit import SessionLimit
from skdictate.server.token_check import TokenCheck
from skdictate.system.addresses import UNIX
from skdictate.system.signals import signals

GRACE_S = 30.0
"""When the server is told to stop, sessions that run may go on for this long."""
CUT_S = 1.0
"""After that, calls are cut off; their clients are told for this long."""
OPTIONS = (
    # A client that vanished without a word must not keep its seat.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Clients may look after their own connections as often.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Who connects and says nothing, or has no calls any more, keeps a connection no longer.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 20_000),
    # A connection takes some 60 KB with TLS, whoever opened it; those beyond are closed at once.
    ("grpc.max_allowed_incoming_connections", 4_096),
)
MOST_FILES = 65_536


class Host:
    """One server, from its opening to its end."""

    def __init__(self, offer: OfferedEndpoint, load: Loader) -> None:
        self._offer = offer
        self._load = load
        self._stopped = asyncio.Event()
        self._code = Exit.DONE
        self._has_address = False

    async def run(self, ready: Callable[[str], None]) -> Exit:
        """Serve until stopped; ``ready`` is told the address once the model is loaded.

        Raises:
            ProblemError: the address cannot be had, or there is no recogniser here.
        """
        session_limit = SessionLimit(self._offer.n_sessions, SERVICES)
        gates = [TokenCheck(self._offer.token)] if self._offer.token else []
        _take_files()
        executor = ThreadPoolExecutor(1, thread_name_prefix="recogniser")
        late = LazyRecogniser(self._load)
        interceptors = [*gates, session_limit, CallLimit(SERVICES)]
        options = [*OPTIONS, ("grpc.max_concurrent_streams", n_streams(self._offer.n_sessions))]
        server = build(late, executor, self._offer.rules, interceptors, options)
        health = ServiceInfo(server, SERVICES)
        try:
            with unix_socket.door(self._offer.address):
                address = self._bind(server)
                self._has_address = True
                loading = asyncio.get_running_loop().run_in_executor(executor, late.load)
                await server.start()
            await loading
            health.serving()
            ready(address)
            await self._stopped.wait()
            health.stopping()
            await self._close(server, session_limit)
        finally:
            await server.stop(None)
            executor.shutdown(wait=False, cancel_futures=True)
            self._leave()
        return self._code

    @property
    def is_stopped(self) -> bool:
        """It has been told to stop."""
        return self._stopped.is_set()

    def stop(self, code: Exit) -> None:
        """A signal: close in good order; a second one: end, for native code may be in the way."""
        if self._stopped.is_set():
            self._leave()
            os._exit(code)
        self._code = code
        self._stopped.set()

    def _leave(self) -> None:
        """Let others have the address; only if it was ours."""
        if self._has_address:
            unix_socket.close(self._offer.address)

    def _bind(self, server: grpc.aio.Server) -> str:
        """Take the address; gives it with its port."""
        offer = self._offer
        try:
            if offer.identity is None:
                port = server.add_insecure_port(offer.address)
            else:
                pair = (offer.identity.key, offer.identity.certificate)
                credentials = grpc.ssl_server_credentials([pair])
                port = server.add_secure_port(offer.address, credentials)
        except RuntimeError:
            raise ProblemError(_taken(offer.address)) from None
        if offer.address.startswith(UNIX):
            return offer.address
        return f"{offer.address.rpartition(':')[0]}:{port}"

    async def _close(self, server: grpc.aio.Server, session_limit: SessionLimit) -> None:
        """Take no more calls, and let the sessions finish."""
        closing = asyncio.ensure_future(server.stop(GRACE_S))
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await session_limit.empty()
        await server.stop(CUT_S)  # whoever watches our health would watch for ever
        await closing


async def host(offer: OfferedEndpoint, load: Loader, ready: Callable[[str], None]) -> Exit:
    """Serve until a signal; the exit code is the signal's."""
    server = Host(offer, load)
    with signals(server.stop):
        return await server.run(ready)


def n_streams(n_sessions: int) -> int:
    """How many calls one connection may have: all the sessions, and as many of other kinds.

    Those beyond wait at the client. One that may have any number of them in flight could have more
    than are refused in good time.
    """
    return n_sessions + MOST_CALLS_OF_PEER


def _take_files() -> None:
    """As many connections as this process may have; some systems begin with 256."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _taken(address: str) -> Problem:
    return Problem(
        Kind.NETWORK,
        "The address cannot be had",
        f"{address} is in use, or is no address of this machine",
        "Name another with --listen; port 0 takes any that is free.",
        is_permanent=True,
    )
