"""The gRPC server itself, and its main program as a child of the app.

The child (``python -m skdictate.server``) prints one line of JSON when it is ready and ends when
its standard input closes, which happens when the app ends, for whatever reason.
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
"""The full names of the services for recognition."""
GRACE_S = 1.0
"""Seconds that running calls are given when the server stops."""
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
    """Create a server that is not bound to an address yet.

    ``executor`` must have one thread: the recogniser runs on it. ``options`` are gRPC channel
    arguments.
    """
    interceptors = [RequestIds(SERVICES), *interceptors]
    server = grpc.aio.server(interceptors=interceptors, options=[*OPTIONS, *options])
    services = (
        RecognizerService(recogniser, executor, rules),
        SttService(recogniser, executor, rules),
    )
    server.add_generic_rpc_handlers([service.handler() for service in services])
    return server


async def serve(
    request: ChildRequest,
    recogniser: Recogniser,
    ready: Callable[[str], None],
    stopped: asyncio.Event,
) -> None:
    """Serve until ``stopped`` is set; ``ready`` is called with the address."""
    checks = [TokenCheck(request.token)] if request.token else []
    rules = SessionRules(request.session_s, request.session_bytes, request.idle_s)
    with ThreadPoolExecutor(1, thread_name_prefix="recogniser") as executor:
        server = build(recogniser, executor, rules, checks)
        port = server.add_insecure_port(request.address)
        await server.start()
        ready(request.address if request.address.startswith("unix:") else f"127.0.0.1:{port}")
        await stopped.wait()
        await server.stop(GRACE_S)


def main() -> int:
    """Run the child.

    Read the request, print the address, serve until the app ends. Returns the exit code.
    """
    request = ChildRequest(**json.loads(sys.stdin.readline()))
    try:
        recogniser = ExitOnOom(Moonshine())
    except ProblemError as error:
        _send_reply(problem=error.problem)
        return 0
    asyncio.run(_run(request, recogniser))
    return 0


async def _run(request: ChildRequest, recogniser: Recogniser) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        """Wait until standard input closes: the app holds its other end for as long as it lives."""
        while sys.stdin.buffer.read(4096):
            pass
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stopped.set)
        threading.Event().wait(2 * GRACE_S)
        os._exit(0)  # native code may block a proper end

    threading.Thread(target=watch, daemon=True).start()
    await serve(request, recogniser, lambda address: _send_reply(address=address), stopped)


def _send_reply(*, address: str = "", problem: Problem | None = None) -> None:
    """Print the one line that the app waits for."""
    words = [problem.title, problem.detail, problem.hint] if problem else None
    reply = {"address": address, "problem": words}
    print(json.dumps(reply), flush=True)  # noqa: T201
