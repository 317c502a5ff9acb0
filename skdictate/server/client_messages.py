"""Messages of a client as they come: measured, in time, and none that is no message."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Any, cast

import grpc

from skdictate.server.session_rules import SessionRules, idle, wrong
from skdictate.server.session_usage import Usage

LATE_S = 0.5
"""If this program itself was stopped for so long, what did not come may have come."""


@dataclass(frozen=True, slots=True)
class Request:
    """A message of a client."""

    content: Any | None
    """What it says; None if it is no message of this version."""
    size_bytes: int
    """As it came, with all that nobody knows."""


class Requests:
    """Those of one call."""

    def __init__(self, context: Any, rules: SessionRules, usage: Usage) -> None:
        self._context = context
        self._rules = rules
        self._usage = usage

    async def read(self) -> Request | None:
        """The next; None if there are no more.

        Raises:
            RefusedError: it does not come in time, or is none.
        """
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        request = await self._read()
        if request is grpc.aio.EOF:
            return None
        self._usage.waited(loop.time() - begun_s)
        if request.content is None:
            raise wrong("This is no message of this version of the API")
        return cast("Request", request)

    async def _read(self) -> Any:
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(self._context.read())
        due_s = -math.inf
        try:
            while not reading.done():
                if loop.time() - due_s < LATE_S:
                    raise idle()
                due_s = loop.time() + self._rules.idle_s
                await asyncio.wait([reading], timeout=self._rules.idle_s)
            return reading.result()
        finally:
            reading.cancel()
