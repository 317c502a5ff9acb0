"""Reads a client's messages.

With their size, within the idle limit, and refusing malformed ones.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Any, cast

import grpc

from skdictate.server.session_rules import SessionRules, client_idle, invalid_request
from skdictate.server.session_usage import Usage

LATE_S = 0.5
"""Seconds. If the event loop was itself stopped for this long after a deadline, the message may be
there unread, so the client gets another interval."""


@dataclass(frozen=True, slots=True)
class Request:
    """One message of a client."""

    content: Any | None
    """The parsed message; None if it could not be parsed."""
    size_bytes: int
    """The size on the wire, unknown fields included."""


class Requests:
    """The messages of one call."""

    def __init__(self, context: Any, rules: SessionRules, usage: Usage) -> None:
        self._context = context
        self._rules = rules
        self._usage = usage

    async def read(self) -> Request | None:
        """Wait for the next message; None when the client has half-closed.

        Raises:
            RefusedError: the client was idle for too long, or the message is malformed.
        """
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        request = await self._read()
        if request is grpc.aio.EOF:
            return None
        self._usage.add_wait(loop.time() - begun_s)
        if request.content is None:
            raise invalid_request("The message is malformed for this version of the API")
        return cast("Request", request)

    async def _read(self) -> Any:
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(self._context.read())
        due_s = -math.inf
        try:
            while not reading.done():
                if loop.time() - due_s < LATE_S:
                    raise client_idle()
                due_s = loop.time() + self._rules.idle_s
                await asyncio.wait([reading], timeout=self._rules.idle_s)
            return reading.result()
        finally:
            reading.cancel()
