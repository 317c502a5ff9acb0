"""SpeechKit, or any server that speaks its protocol, as a backend of the engine."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import grpc

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.audio import Format
from skdictate.core.events import Event, Session
from skdictate.core.limits import Limits
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit import problems, v3
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.channel import Endpoint

Whereabouts = Callable[[], Awaitable[tuple[Endpoint, Credential | None]]]
"""Where the server is and how to sign in; asked before each session, for both may change."""
MASK = "Internal error from Core"
"""The library's words for a write that failed because the call has ended."""
STATUS_S = 0.5
"""How long the true status is waited for."""


@dataclass
class SpeechKit:
    """Opens sessions over one channel, and takes a new channel after trouble with the network."""

    name: str
    limits: Limits
    whereabouts: Whereabouts
    options: v3.Options
    has_words: bool = True

    def __post_init__(self) -> None:
        self._channel: grpc.aio.Channel | None = None
        self._endpoint: Endpoint | None = None
        self.refines = self.options.refines

    @asynccontextmanager
    async def connect(self, sound: Format) -> AsyncIterator[SpeechKitLink]:
        """Open a session; see ``Backend.connect``."""
        endpoint, credential = await self.whereabouts()
        request_id = str(uuid.uuid4())
        metadata = [("x-client-request-id", request_id)]
        if credential is not None:
            metadata.append(credential.metadata())
        channel = await self._reach(endpoint)
        call = channel.stream_stream(
            v3.METHOD,
            request_serializer=pb.StreamingRequest.SerializeToString,
            response_deserializer=pb.StreamingResponse.FromString,
        )(metadata=metadata)
        link = SpeechKitLink(call, request_id)
        try:
            await link.write(v3.settings(sound, self.options))
            yield link
        except ProblemError as error:
            if error.problem.kind is Kind.NETWORK:
                await self.close()
            raise
        finally:
            call.cancel()

    async def close(self) -> None:
        """Give the connection up; the next session makes another."""
        if self._channel is not None:
            channel, self._channel = self._channel, None
            await channel.close()

    async def _reach(self, endpoint: Endpoint) -> grpc.aio.Channel:
        if self._channel is None or endpoint != self._endpoint:
            await self.close()
            self._channel, self._endpoint = endpoint.channel(), endpoint
        return self._channel


class SpeechKitLink:
    """One call. Writing and reading go on side by side."""

    def __init__(self, call: Any, request_id: str) -> None:
        self._call = call
        self._request_id = request_id
        self._status: tuple[grpc.StatusCode, str] | None = None
        self._ended = asyncio.Event()
        call.add_done_callback(self._end)

    async def send_audio(self, pcm: bytes) -> None:
        """Send samples (s16le); returns when the transport took them."""
        await self.write(v3.audio(pcm))

    async def end_utterance(self) -> None:
        """Say that the utterance ends here."""
        await self.write(v3.end_of_utterance())

    async def finish(self) -> None:
        """Half-close; what the recogniser says is still read."""
        await self._call.done_writing()

    async def write(self, request: pb.StreamingRequest) -> None:
        """Send a message.

        Raises:
            ProblemError: the call has ended; the problem says why.
        """
        try:
            await self._call.write(request)
        except (grpc.RpcError, asyncio.InvalidStateError):
            raise ProblemError(await self._why()) from None

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Events in order; see ``Link``."""
        while (response := await self._read()) is not grpc.aio.EOF:
            for event in v3.decode(response):
                yield self._introduced(event)

    async def _read(self) -> Any:
        """The next answer, or EOF at the end of a session in good order."""
        try:
            return await self._call.read()
        except grpc.RpcError:
            raise ProblemError(await self._why()) from None
        except asyncio.CancelledError:
            # Some versions of the library raise this for a status of CANCELLED from the server.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise ProblemError(await self._why()) from None

    async def _why(self) -> Problem:
        """Why the call has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                await self._ended.wait()
        if self._status is None:
            return problems.of_status(await self._call.code(), await self._call.details() or "")
        return problems.of_status(*self._status)

    def _end(self, call: Any) -> None:
        """The call has a status now.

        A write that fails because of the end gives the call a status of its own, before or after
        the true one; so the true one is taken down in the moment that it comes.
        """
        code, details = _now(call.code()), _now(call.details()) or ""
        if not (code is grpc.StatusCode.INTERNAL and details.startswith(MASK)):
            self._status = code, details
            self._ended.set()

    def _introduced(self, event: Event) -> Event:
        """The session's name, with our name for the request beside it."""
        if isinstance(event, Session):
            return replace(event, request_id=self._request_id)
        return event


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it had to wait")
