"""Runs the server: binds, says where, serves until told to stop or left alone.

As a child process (``python -m skdictate.server``) it prints one line of JSON when it is ready, and
ends when its standard input ends, which is when its parent does, however that ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc

from skdictate.errors import Problem, ProblemError
from skdictate.server.child_request import ChildRequest
from skdictate.server.exit_on_oom import ExitOnOom
from skdictate.server.recogniser import Moonshine, Recogniser
from skdictate.server.request_ids import RequestIds
from skdictate.server.service_v2 import SERVICE as V2
from skdictate.server.service_v2 import SttService
from skdictate.server.service_v3 import SERVICE as V3
from skdictate.server.service_v3 import RecognizerService
from skdictate.server.session_rules import SessionRules
from skdictate.server.token_check import TokenCheck

SERVICES = (V3, V2)
"""By their full names."""
GRACE_S = 1.0
"""Calls in flight are given this long when the server stops."""
OPTIONS = (
    ("grpc.so_reuseport", 0),  # two servers must not share a port by accident
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
)


def build(
    recogniser: Recogniser,
    executor: Executor,
    rules: SessionRules,
    interceptors: Sequence[grpc.aio.ServerInterceptor],
    options: Sequence[tuple[str, Any]] = (),
) -> grpc.aio.Server:
    """A server that is bound nowhere yet; the recogniser works on the executor's one thread."""
    interceptors = [RequestIds(SERVICES), *interceptors]
    server = grpc.aio.server(interceptors=interceptors, options=[*OPTIONS, *options])
    services = (
        RecognizerService(recogniser, executor, rules),
        SttService(recogniser, executor, rules),
    )
    server.add_generic_rpc_handlers([service.handler() for service in services])
    return server


async def serve(
    order: ChildRequest,
    recogniser: Recogniser,
    ready: Callable[[str], None],
    stopped: asyncio.Event,
) -> None:
    """Serve until ``stopped`` is set; ``ready`` is told the address."""
    gates = [TokenCheck(order.token)] if order.token else []
    rules = SessionRules(order.session_s, order.session_bytes, order.idle_s)
    with ThreadPoolExecutor(1, thread_name_prefix="recogniser") as executor:
        server = build(recogniser, executor, rules, gates)
        port = server.add_insecure_port(order.address)
        await server.start()
        ready(order.address if order.address.startswith("unix:") else f"127.0.0.1:{port}")
        await stopped.wait()
        await server.stop(GRACE_S)


def main() -> int:
    """The child: order in, address out, service until the parent is gone; the exit code."""
    order = ChildRequest(**json.loads(sys.stdin.readline()))
    try:
        recogniser = ExitOnOom(Moonshine())
    except ProblemError as error:
        _tell(problem=error.problem)
        return 0
    asyncio.run(_run(order, recogniser))
    return 0


async def _run(order: ChildRequest, recogniser: Recogniser) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        """The parent holds the other end of our standard input for as long as it lives."""
        while sys.stdin.buffer.read(4096):
            pass
        with suppress(RuntimeError):  # the loop is closed already, whatever ended it
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
