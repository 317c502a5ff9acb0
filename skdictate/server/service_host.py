"""Runs the server for other programs (``skdictate serve``): bind, serve, and shut down cleanly."""

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
"""Seconds that running sessions may go on after a request to stop."""
CUT_S = 1.0
"""Seconds that cut-off clients then have to read the status."""
OPTIONS = (
    # Detects clients that vanished, so that they do not occupy a session.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Lets clients check their own connections as often.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Closes connections that send nothing or have no calls any more.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 20_000),
    # A connection takes some 60 KB with TLS. Connections above this number are closed at once.
    ("grpc.max_allowed_incoming_connections", 4_096),
)
MOST_FILES = 65_536


class Host:
    """One server, from bind to shutdown."""

    def __init__(self, offer: OfferedEndpoint, load: Loader) -> None:
        self._offer = offer
        self._load = load
        self._stopped = asyncio.Event()
        self._code = Exit.DONE
        self._has_address = False

    async def run(self, ready: Callable[[str], None]) -> Exit:
        """Serve until stopped; ``ready`` is called with the address once the model is loaded.

        Raises:
            ProblemError: the address is not available, or this machine has no recogniser.
        """
        session_limit = SessionLimit(self._offer.n_sessions, SERVICES)
        checks = [TokenCheck(self._offer.token)] if self._offer.token else []
        _raise_file_limit()
        executor = ThreadPoolExecutor(1, thread_name_prefix="recogniser")
        lazy = LazyRecogniser(self._load)
        interceptors = [*checks, session_limit, CallLimit(SERVICES)]
        options = [*OPTIONS, ("grpc.max_concurrent_streams", n_streams(self._offer.n_sessions))]
        server = build(lazy, executor, self._offer.rules, interceptors, options)
        health = ServiceInfo(server, SERVICES)
        try:
            with unix_socket.prepared_path(self._offer.address):
                address = self._bind(server)
                self._has_address = True
                loading = asyncio.get_running_loop().run_in_executor(executor, lazy.load)
                await server.start()
            await loading
            health.set_serving()
            ready(address)
            await self._stopped.wait()
            health.set_stopping()
            await self._close(server, session_limit)
        finally:
            await server.stop(None)
            executor.shutdown(wait=False, cancel_futures=True)
            self._remove_socket()
        return self._code

    @property
    def is_stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopped.is_set()

    def stop(self, code: Exit) -> None:
        """Shut down cleanly.

        At the second call end the process at once, in case native code blocks.
        """
        if self._stopped.is_set():
            self._remove_socket()
            os._exit(code)
        self._code = code
        self._stopped.set()

    def _remove_socket(self) -> None:
        """Remove the socket, if this server made it."""
        if self._has_address:
            unix_socket.close(self._offer.address)

    def _bind(self, server: grpc.aio.Server) -> str:
        """Bind the server and return the address with its actual port."""
        offer = self._offer
        try:
            if offer.identity is None:
                port = server.add_insecure_port(offer.address)
            else:
                pair = (offer.identity.key, offer.identity.certificate)
                credentials = grpc.ssl_server_credentials([pair])
                port = server.add_secure_port(offer.address, credentials)
        except RuntimeError:
            raise ProblemError(_unavailable(offer.address)) from None
        if offer.address.startswith(UNIX):
            return offer.address
        return f"{offer.address.rpartition(':')[0]}:{port}"

    async def _close(self, server: grpc.aio.Server, session_limit: SessionLimit) -> None:
        """Accept no more calls, and wait for running sessions."""
        closing = asyncio.ensure_future(server.stop(GRACE_S))
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await session_limit.wait_until_empty()
        await server.stop(CUT_S)  # health watchers would stay for ever
        await closing


async def host(offer: OfferedEndpoint, load: Loader, ready: Callable[[str], None]) -> Exit:
    """Serve until a signal; returns the exit code of that signal."""
    server = Host(offer, load)
    with signals(server.stop):
        return await server.run(ready)


def n_streams(n_sessions: int) -> int:
    """How many calls one connection may have: all sessions, and as many others as a peer may have.

    Further calls wait at the client. Without this limit one connection could have more calls in
    flight than the server can refuse in good time.
    """
    return n_sessions + MOST_CALLS_OF_PEER


def _raise_file_limit() -> None:
    """Raise the limit of open files: each connection needs one, and some systems start with 256."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _unavailable(address: str) -> Problem:
    return Problem(
        Kind.NETWORK,
        "The address is not available",
        f"{address} is in use, or is not an address of this machine",
        "Give another one with --listen; port 0 chooses a free port.",
        is_permanent=True,
    )
