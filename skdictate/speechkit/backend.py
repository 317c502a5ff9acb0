"""The engine's backend for SpeechKit and other servers that speak its protocol."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import grpc

from skdictate.audio.pcm import Format
from skdictate.core.events import Event, SessionNamed
from skdictate.core.limits import Limits
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit import status_problems, support_ids
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.channel import Endpoint
from skdictate.speechkit.codec import Codec, Options
from skdictate.speechkit.connect import connect
from skdictate.speechkit.shared_channel import SharedChannel

EndpointLookup = Callable[[], Awaitable[tuple[Endpoint, Credential | None]]]
"""Returns the server and the credential; awaited before each session, as both may change."""
FOLDER_IN_METADATA = "/speechkit.stt.v3."
"""The start of the methods that get the folder id as metadata; others have it in their messages."""
WRITE_FAILED = "Internal error from Core"
"""What grpcio reports for a write that failed because the call has ended."""
ANSWERED = (Kind.CREDENTIALS, Kind.SERVICE)
"""Problems that the service itself reported, so that its support can be asked about them."""
STATUS_S = 0.5
"""Seconds to wait for the true status of a call that has ended."""


@dataclass
class SpeechKit:
    """Opens sessions over a shared connection, and makes a new connection after network trouble."""

    name: str
    limits: Limits
    endpoint_lookup: EndpointLookup
    options: Options
    has_words: bool = True

    def __post_init__(self) -> None:
        self._channel: SharedChannel | None = None
        self.refines = self.options.refines

    @asynccontextmanager
    async def connect(self, sound: Format) -> AsyncIterator[SpeechKitSession]:
        """Open a session; see ``Backend.connect``."""
        endpoint, credential = await self.endpoint_lookup()
        request_id = str(uuid.uuid4())
        channel = await self._usable_channel(endpoint)
        codec = self.options.codec(sound, credential.folder_id if credential else "")
        async with channel.session():
            # Answers are parsed by the session: of a malformed one grpcio would not say anything.
            call = channel.channel.stream_stream(codec.method, request_serializer=codec.pack)(
                metadata=_metadata(codec, request_id, credential)
            )
            session = SpeechKitSession(call, request_id, codec, credential, channel.heard)
            try:
                await session.write(codec.settings())
                yield session
            finally:
                call.cancel()

    async def close(self) -> None:
        """Give up the connection; the next session makes a new one."""
        if self._channel is not None:
            channel, self._channel = self._channel, None
            await channel.give_up()

    async def _usable_channel(self, endpoint: Endpoint) -> SharedChannel:
        """The current channel if it is usable, else a new one.

        If that failed, its calls will say why.
        """
        if (
            self._channel is not None
            and self._channel.is_good
            and endpoint == self._channel.endpoint
        ):
            return self._channel
        channel = await connect(SharedChannel(endpoint))
        await self.close()
        self._channel = channel
        return channel


class SpeechKitSession:
    """One streaming call. Writing and reading run concurrently."""

    def __init__(
        self,
        call: Any,
        request_id: str,
        codec: Codec,
        credential: Credential | None,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._call = call
        self._credential = credential
        self._problem: Problem | None = None
        self._request_id = request_id
        self._codec = codec
        self._heard = heard
        """Called at every answer."""
        self._status: tuple[grpc.StatusCode, str] | None = None
        self._ended = asyncio.Event()
        self._support = ""
        """The ids that the service has given the request so far."""
        call.add_done_callback(self._end)

    async def send_audio(self, pcm: bytes) -> None:
        """Send samples (s16le); returns when the transport has accepted them."""
        await self.write(self._codec.audio(pcm))

    async def send_silence(self, n_samples: int) -> None:
        """Send silence, as samples or as a silence message, depending on the options."""
        await self.write(self._codec.silence(n_samples))

    async def end_utterance(self) -> None:
        """End the utterance here; does nothing if this version of the API cannot."""
        request = self._codec.end_of_utterance()
        if request is not None:
            await self.write(request)

    async def finish(self) -> None:
        """Half-close the call; remaining answers are still read."""
        await self._call.done_writing()

    async def write(self, request: Any) -> None:
        """Send a message.

        Raises:
            ProblemError: the call has ended; the problem says why.
        """
        try:
            await self._call.write(request)
        except (grpc.RpcError, asyncio.InvalidStateError):
            raise ProblemError(await self._problem_at_end()) from None

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield events in order; see ``BackendSession``."""
        while (answer := await self._read()) is not grpc.aio.EOF:
            self._heard()
            if not self._support and (
                names := support_ids.names(await self._call.initial_metadata())
            ):
                self._support = names
                yield SessionNamed("", self._request_id, names)
            for event in self._codec.decode(self._codec.unpack(answer)):
                yield self._with_request_id(event)

    async def _read(self) -> Any:
        """The next answer, or EOF if the call ended normally."""
        try:
            return await self._call.read()
        except grpc.RpcError:
            raise ProblemError(await self._problem_at_end()) from None
        except asyncio.CancelledError:
            # Some versions of grpcio raise this if the server's status is CANCELLED.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise ProblemError(await self._problem_at_end()) from None

    async def _problem_at_end(self) -> Problem:
        """Why the call has ended; every call of this returns the same problem."""
        problem = await self._status_problem()
        if self._problem is None:
            problem = _without_secret(problem, self._credential)
            self._problem = replace(problem, support=await self._support_ids(problem))
        return self._problem

    async def _support_ids(self, problem: Problem) -> str:
        """The ids to give to support, if the service itself ended the call."""
        names = self._support
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                heads, tails = await self._call.initial_metadata(), self._call.trailing_metadata()
                names = support_ids.names(heads, await tails) or names
        if not names and problem.kind in ANSWERED:
            names = support_ids.own(self._request_id)
        return names if self._credential is None else self._credential.hidden_in(names)

    async def _status_problem(self) -> Problem:
        """The problem for the status of the call."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                await self._ended.wait()
        if self._status is None:
            return status_problems.of_status(
                await self._call.code(), await self._call.details() or ""
            )
        return status_problems.of_status(*self._status)

    def _end(self, call: Any) -> None:
        """Keep the status of the call when it ends.

        A write that fails because of the end gives the call another status, before or after the
        true one; so the true one is kept as soon as it arrives.
        """
        code, details = _now(call.code()), _now(call.details()) or ""
        if not (code is grpc.StatusCode.INTERNAL and details.startswith(WRITE_FAILED)):
            self._status = code, details
            self._ended.set()

    def _with_request_id(self, event: Event) -> Event:
        """Add our own request id to the session's name."""
        if isinstance(event, SessionNamed):
            return replace(event, request_id=self._request_id, support=self._support)
        return event


def _metadata(
    codec: Codec, request_id: str, credential: Credential | None
) -> list[tuple[str, str]]:
    """The metadata of a call.

    It must not stay in a local variable of a caller: a traceback could show it.
    """
    said = [("x-client-request-id", request_id)]
    if credential is not None:
        said.append(credential.metadata())
        if credential.folder_id and codec.method.startswith(FOLDER_IN_METADATA):
            said.append(("x-folder-id", credential.folder_id))
    return said


def _without_secret(problem: Problem, credential: Credential | None) -> Problem:
    """Remove the secret, which a server may repeat, and make the problem temporary if another
    credential can be had.
    """
    if credential is None:
        return problem
    detail = credential.hidden_in(problem.detail)
    hint = problem.hint.replace(status_problems.ANY_KEY, credential.origin)
    problem = replace(problem, detail=detail, hint=hint)
    if problem.kind is not Kind.CREDENTIALS or credential.refused is None:
        return problem
    if not credential.refused():
        return problem
    hint = "Getting another token; recording goes on."
    return replace(problem, hint=hint, is_permanent=False)


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it had to wait")
