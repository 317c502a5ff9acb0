"""Answers on their way to a client, which has to take them."""

from __future__ import annotations

import asyncio
from typing import Any

from skdictate.server.session_rules import unread

UNREAD_S = 30.0
"""A client that lets us wait so long with our answers, in all, has forgotten us, or takes them byte
by byte; others want its seat."""


class Responses:
    """Those of one call, one at a time."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._writing = asyncio.Lock()
        self._waited_s = 0.0

    async def write(self, response: Any) -> None:
        """Send one; nothing is sent to a client that has gone.

        Raises:
            RefusedError: the client does not take it.
        """
        loop = asyncio.get_running_loop()
        async with self._writing:
            begun_s = loop.time()
            try:
                async with asyncio.timeout(UNREAD_S - self._waited_s):
                    await self._context.write(response)
            except asyncio.InvalidStateError:  # it is over
                pass
            except TimeoutError:
                raise unread() from None
            self._waited_s += loop.time() - begun_s
