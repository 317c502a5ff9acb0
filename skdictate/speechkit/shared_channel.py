"""A connection that sessions share while there is no reason to distrust it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from skdictate.errors import Kind, ProblemError
from skdictate.speechkit.channel import Endpoint

SILENT_S = 0.7
"""Seconds without an answer after which a connection with a running session may be dead. Whoever
opens another session then (``core.hedged_session``) gets another connection."""
IDLE_S = 60.0
"""Seconds after which this is true of a connection without sessions: routers forget idle ones."""

_ON_ITS_WAY = (grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING)


class SharedChannel:
    """One channel. Its running sessions may finish after it was given up."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.channel: grpc.aio.Channel = endpoint.channel()
        self._is_good = True
        self._n_sessions = 0
        self._heard_s = asyncio.get_running_loop().time()

    @property
    def is_good(self) -> bool:
        """Whether to open a new session on it; if not, another connection costs little."""
        limit_s = SILENT_S if self._n_sessions else IDLE_S
        return self._is_good and asyncio.get_running_loop().time() - self._heard_s < limit_s

    def heard(self) -> None:
        """Note that an answer has arrived."""
        self._heard_s = asyncio.get_running_loop().time()

    async def settled(self) -> bool:
        """Wait until the channel is connected or has failed; returns whether it is connected."""
        while (state := self.channel.get_state(try_to_connect=True)) in _ON_ITS_WAY:
            await self.channel.wait_for_state_change(state)
        return state is grpc.ChannelConnectivity.READY

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """A context for a session.

        A session that fails for network reasons makes the channel unusable.
        """
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
        """Open no more sessions; closes the channel when its last session has ended."""
        self._is_good = False
        await self._close_unused()

    async def _close_unused(self) -> None:
        if not self._is_good and self._n_sessions == 0:
            await self.channel.close()


def _is_of_service(error: BaseException) -> bool:
    """Whether the server answered.

    A cancelled session may have waited in vain on a connection that swallows everything, so it
    counts as no answer.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(_is_of_service(one) for one in error.exceptions)
    return isinstance(error, ProblemError) and error.problem.kind is not Kind.NETWORK
