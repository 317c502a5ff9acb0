"""A connection that sessions share, as long as there is no reason to mistrust it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from skdictate.errors import Kind, ProblemError
from skdictate.speechkit.channel import Endpoint

SILENT_S = 0.7
"""A connection on which a session runs, and nothing came for so long, may be dead: whoever opens
another session then (``core.spare``) wants it elsewhere ..."""
IDLE_S = 60.0
"""... and so may one on which none runs, after this: routers forget."""

_ON_ITS_WAY = (grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING)


class SharedChannel:
    """One channel. Sessions that run on it are finished even when it was given up."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.channel: grpc.aio.Channel = endpoint.channel()
        self._is_good = True
        self._n_sessions = 0
        self._heard_s = asyncio.get_running_loop().time()

    @property
    def is_good(self) -> bool:
        """Whether a new session may be opened on it; if not, another connection costs little."""
        limit_s = SILENT_S if self._n_sessions else IDLE_S
        return self._is_good and asyncio.get_running_loop().time() - self._heard_s < limit_s

    def heard(self) -> None:
        """Something came from the other end."""
        self._heard_s = asyncio.get_running_loop().time()

    async def settled(self) -> bool:
        """Wait until it stands, or has failed; which of the two."""
        while (state := self.channel.get_state(try_to_connect=True)) in _ON_ITS_WAY:
            await self.channel.wait_for_state_change(state)
        return state is grpc.ChannelConnectivity.READY

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """While a session runs; how that ends, tells whether the line is good."""
        self._n_sessions += 1
        try:
            yield
        except BaseException as error:
            self._is_good = self._is_good and _is_of_service(error)
            raise
        finally:
            self._n_sessions -= 1
            await self._close_unused()

    async def give_up(self) -> None:
        """No more sessions here; it is closed when the last that runs has ended."""
        self._is_good = False
        await self._close_unused()

    async def _close_unused(self) -> None:
        if not self._is_good and self._n_sessions == 0:
            await self.channel.close()


def _is_of_service(error: BaseException) -> bool:
    """Somebody answered. A session that was dropped had been waited for in vain: its connection may
    be one that swallows everything, which nobody would be told for a long time."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_of_service(one) for one in error.exceptions)
    return isinstance(error, ProblemError) and error.problem.kind is not Kind.NETWORK
