"""A limit on calls other than sessions: some of them need no token, and all of them need memory.

Sessions are counted by ``SessionLimit``. Everything else (health, reflection) is counted here, in
total and per peer, so that one peer with many calls cannot keep out the others.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

MOST_CALLS = 64
"""In total. Each call may be receiving a message of 4 MB, the longest that the server accepts."""
MOST_CALLS_OF_PEER = 16
"""From one machine: enough for a few monitoring programs and a few that list the services."""
Continuation = Callable[[Any], Awaitable[Any]]


class CallLimit(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls above the limits before reading anything that they send.

    The handlers must be of the stream-stream kind: gRPC reads the request of a unary call before it
    runs the handler.
    """

    def __init__(self, sessions: tuple[str, ...]) -> None:
        """Count all calls except those to the services whose full names are in ``sessions``."""
        self.n_calls: Counter[str] = Counter()
        """The number of open calls of each peer."""
        self._prefixes = tuple(f"/{service}/" for service in sessions)

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Wrap the handler of a counted call; return that of a session unchanged."""
        handler = await continuation(call)
        if handler is None or call.method.startswith(self._prefixes):
            return handler

        async def counted(requests: Any, context: Any) -> None:
            peer = peer_of(context.peer())
            n_calls, n_of_peer = self.n_calls.total(), self.n_calls[peer]
            if n_calls >= MOST_CALLS or n_of_peer >= MOST_CALLS_OF_PEER:
                text = "Too many calls are open on this server; try again later"
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            self.n_calls[peer] += 1
            try:
                await handler.stream_stream(requests, context)
            finally:
                self.n_calls[peer] -= 1
                self.n_calls += Counter()  # drops peers whose count is 0

        return grpc.stream_stream_rpc_method_handler(
            counted, handler.request_deserializer, handler.response_serializer
        )


def peer_of(name: str) -> str:
    """Return the machine behind a gRPC peer name such as ``ipv4:192.0.2.1:4711``.

    An IPv6 address is reduced to its first 64 bits, because one machine usually has that whole
    network. Names that are no IP address come back as their kind (``unix``) or as they are.
    """
    kind, _, rest = name.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return kind
    host = rest.rpartition(":")[0].strip("[]").replace("%5B", "").replace("%5D", "")
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
