"""How many calls there may be beside the sessions: some of them need no token, and all need memory.

Sessions are counted by their seats. Everything else (health, reflection) is counted here, in all
and for each peer, so that one that holds many leaves some to others.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

MOST_CALLS = 64
"""In all. Each may be about to receive a message of 4 MB, the longest that is taken."""
MOST_CALLS_OF_PEER = 16
"""Of one machine: a few programs that watch over the server, and some that look what it offers."""
Continuation = Callable[[Any], Awaitable[Any]]


class CallLimit(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls beyond the number, before anything that they send is read.

    Their handlers have to be of the kind that takes and gives streams: those of other kinds are
    given a message that was read already.
    """

    def __init__(self, sessions: tuple[str, ...]) -> None:
        """Count all calls but those of the services that are named."""
        self.n_calls: Counter[str] = Counter()
        """By their peers."""
        self._prefixes = tuple(f"/{service}/" for service in sessions)

    async def intercept_service(self, continuation: Continuation, call: Any) -> Any:
        """Let the call pass as one of those that are counted, or as a session."""
        handler = await continuation(call)
        if handler is None or call.method.startswith(self._prefixes):
            return handler

        async def counted(requests: Any, context: Any) -> None:
            peer = peer_of(context.peer())
            n_calls, n_of_peer = self.n_calls.total(), self.n_calls[peer]
            if n_calls >= MOST_CALLS or n_of_peer >= MOST_CALLS_OF_PEER:
                text = "This server has too many calls of this kind at the moment"
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            self.n_calls[peer] += 1
            try:
                await handler.stream_stream(requests, context)
            finally:
                self.n_calls[peer] -= 1
                self.n_calls += Counter()  # forgets those that have none

        return grpc.stream_stream_rpc_method_handler(
            counted, handler.request_deserializer, handler.response_serializer
        )


def peer_of(name: str) -> str:
    """The machine that calls, by gRPC's name of its connection (``ipv4:192.0.2.1:4711``).

    Machines have a whole network of the sixth version each, so its first 64 bits are the name.
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
