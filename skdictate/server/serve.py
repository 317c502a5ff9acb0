"""Runs the server: binds, says where, serves until told to stop or left alone.

As a child process (``python -m skdictate.server``) it prints one line of JSON when it is ready, and
ends when its standard input ends, which is when its parent does, however that ends.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from skdictate.errors import Problem, ProblemError
from skdictate.server.order import Order
from skdictate.server.recogniser import Moonshine, Recogniser
from skdictate.server.rules import Rules
from skdictate.server.service_v3 import RecognizerService

GRACE_S = 1.0
"""Calls in flight are given this long when the server stops."""
OPTIONS = (
    ("grpc.so_reuseport", 0),  # two servers must not share a port by accident
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
)


class TokenGate(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Turns away calls without the token."""

    def __init__(self, token: str) -> None:
        self._wanted = f"Bearer {token}".encode()

        async def refuse(_requests: Any, context: Any) -> None:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unknown api key")

        self._refusal = grpc.stream_stream_rpc_method_handler(refuse)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], call: Any
    ) -> Any:
        """Let the call pass, or answer it ourselves."""
        given = dict(call.invocation_metadata).get("authorization", "")
        if hmac.compare_digest(str(given).encode(), self._wanted):
            return await continuation(call)
        return self._refusal


async def serve(
    order: Order, recogniser: Recogniser, ready: Callable[[str], None], stopped: asyncio.Event
) -> None:
    """Serve until ``stopped`` is set; ``ready`` is told the address."""
    gates = [TokenGate(order.token)] if order.token else []
    server = grpc.aio.server(interceptors=gates, options=OPTIONS)
    rules = Rules(order.session_s, order.session_bytes, order.idle_s)
    with ThreadPoolExecutor(1, thread_name_prefix="recogniser") as executor:
        service = RecognizerService(recogniser, executor, rules)
        server.add_generic_rpc_handlers((service.handler(),))
        port = server.add_insecure_port(order.address)
        await server.start()
        ready(order.address if order.address.startswith("unix:") else f"127.0.0.1:{port}")
        await stopped.wait()
        await server.stop(GRACE_S)


def main() -> None:
    """The child: order in, address out, service until the parent is gone."""
    order = Order(**json.loads(sys.stdin.readline()))
    try:
        recogniser = Moonshine()
    except ProblemError as error:
        _tell(problem=error.problem)
        return
    asyncio.run(_run(order, recogniser))


async def _run(order: Order, recogniser: Recogniser) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        """The parent holds the other end of our standard input for as long as it lives."""
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(stopped.set)
        threading.Event().wait(2 * GRACE_S)
        os._exit(0)  # native code may be in the way of a proper end

    threading.Thread(target=watch, daemon=True).start()
    await serve(order, recogniser, lambda address: _tell(address=address), stopped)


def _tell(*, address: str = "", problem: Problem | None = None) -> None:
    """The one line that the parent reads."""
    words = [problem.title, problem.detail, problem.hint] if problem else None
    told = {"address": address, "problem": words}
    print(json.dumps(told), flush=True)  # noqa: T201
