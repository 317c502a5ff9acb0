"""A server that recognises numbers, but fails in its first sessions, as it is told and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import grpc

from skdictate.server.service_v3 import RecognizerService
from skdictate.server.session_rules import RefusedError, SessionRules
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.support.number_recogniser import EchoRecogniser


class Moment(StrEnum):
    OPEN = "at open"
    MIDDLE = "mid-stream"
    END = "at the end"


@dataclass
class Fault:
    code: grpc.StatusCode
    text: str
    moment: Moment
    n_sessions: int = 1
    then: Moment | None = None
    """When the sessions after the first one fail, if not at the same moment."""
    n_messages: int = 130
    """In the middle means after this many: 13 seconds of sound."""


class Failing(RecognizerService):
    """The real service; its first sessions go through a connection that breaks."""

    def __init__(self, executor: ThreadPoolExecutor, fault: Fault) -> None:
        super().__init__(EchoRecogniser(), executor, SessionRules())
        self._fault = fault
        self.n_sessions = 0

    async def recognize(self, requests: Any, context: Any) -> None:
        self.n_sessions += 1
        if self.n_sessions <= self._fault.n_sessions:
            moment = self._fault.then if self.n_sessions > 1 else self._fault.moment
            if (moment or self._fault.moment) is Moment.OPEN:
                await context.abort(self._fault.code, self._fault.text)
            context = Breaking(context, self._fault)
        await super().recognize(requests, context)


class Breaking:
    """A call that ends with a status while it is read."""

    def __init__(self, context: Any, fault: Fault) -> None:
        self._context = context
        self._fault = fault
        self._n_messages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def read(self) -> Any:
        request = await self._context.read()
        self._n_messages += 1
        is_end = request is grpc.aio.EOF and self._fault.moment is Moment.END
        is_middle = self._n_messages > self._fault.n_messages
        if is_end or (is_middle and self._fault.moment is Moment.MIDDLE):
            raise RefusedError(self._fault.code, self._fault.text)
        return request


@asynccontextmanager
async def failing(paths: Paths, fault: Fault) -> AsyncIterator[tuple[Endpoint, Failing]]:
    with ThreadPoolExecutor(1) as executor:
        service = Failing(executor, fault)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((service.handler(),))
        target = f"unix:{paths.socket_folder() / 'f'}"
        server.add_insecure_port(target)
        await server.start()
        try:
            yield Endpoint(target, is_plaintext=True), service
        finally:
            await server.stop(None)
