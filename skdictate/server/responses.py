"""Writes answers to a client, and ends the call of one that does not read them."""

from __future__ import annotations

import asyncio
from typing import Any

from skdictate.server.session_rules import answers_unread

UNREAD_S = 30.0
"""Seconds that a client may make the server wait with its answers, in total. One that takes longer
has hung or reads byte by byte, while others wait for its session."""


class Responses:
    """The answers of one call, written one at a time."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._writing = asyncio.Lock()
        self._waited_s = 0.0

    async def write(self, response: Any) -> None:
        """Write an answer; does nothing if the client has gone.

        Raises:
            RefusedError: the client does not read its answers.
        """
        loop = asyncio.get_running_loop()
        async with self._writing:
            begun_s = loop.time()
            try:
                async with asyncio.timeout(UNREAD_S - self._waited_s):
                    await self._context.write(response)
            except asyncio.InvalidStateError:  # the call is over
                pass
            except TimeoutError:
                raise answers_unread() from None
            self._waited_s += loop.time() - begun_s
