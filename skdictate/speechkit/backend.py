"""SpeechKit, or any server that speaks its protocol, as a backend of the engine."""

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
from skdictate.speechkit.connect import dial
from skdictate.speechkit.shared_channel import SharedChannel

Whereabouts = Callable[[], Awaitable[tuple[Endpoint, Credential | None]]]
"""Where the server is and how to sign in; asked before each session, for both may change."""
HAS_HEADER = "/speechkit.stt.v3."
"""The methods that are told the folder in the metadata; others carry it in their messages."""
MASK = "Internal error from Core"
"""The library's words for a write that failed because the call has ended."""
ANSWERED = (Kind.CREDENTIALS, Kind.SERVICE)
"""Problems that somebody has told us, so that there is somebody to ask about them."""
STATUS_S = 0.5
"""How long the true status is waited for."""


@dataclass
class SpeechKit:
    """Opens sessions over one connection, and takes a new one after trouble with the network."""

    name: str
    limits: Limits
    whereabouts: Whereabouts
    options: Options
    has_words: bool = True

    def __post_init__(self) -> None:
        self._line: SharedChannel | None = None
        self.refines = self.options.refines

    @asynccontextmanager
    async def connect(self, sound: Format) -> AsyncIterator[SpeechKitSession]:
        """Open a session; see ``Backend.connect``."""
        endpoint, credential = await self.whereabouts()
        request_id = str(uuid.uuid4())
        line = await self._reach(endpoint)
        codec = self.options.codec(sound, credential.folder_id if credential else "")
        async with line.session():
            # Answers are unpacked by the link: of one that is none, the library would say nothing.
            call = line.channel.stream_stream(codec.method, request_serializer=codec.pack)(
                metadata=_metadata(codec, request_id, credential)
            )
            session = SpeechKitSession(call, request_id, codec, credential, line.heard)
            try:
                await session.write(codec.settings())
                yield session
            finally:
                call.cancel()

    async def close(self) -> None:
        """Give the connection up; the next session makes another."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.give_up()

    async def _reach(self, endpoint: Endpoint) -> SharedChannel:
        """The line that we have, if it is good, or a new one; if that failed, its calls say why."""
        if self._line is not None and self._line.is_good and endpoint == self._line.endpoint:
            return self._line
        line = await dial(SharedChannel(endpoint))
        await self.close()
        self._line = line
        return line


class SpeechKitSession:
    """One call. Writing and reading go on side by side."""

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
        """To be told of every answer."""
        self._status: tuple[grpc.StatusCode, str] | None = None
        self._ended = asyncio.Event()
        self._support = ""
        """The names that the service gave the request, as far as it has told them."""
        call.add_done_callback(self._end)

    async def send_audio(self, pcm: bytes) -> None:
        """Send samples (s16le); returns when the transport took them."""
        await self.write(self._codec.audio(pcm))

    async def send_silence(self, n_samples: int) -> None:
        """Send silence, in the form that the user wants of it."""
        await self.write(self._codec.silence(n_samples))

    async def end_utterance(self) -> None:
        """Say that the utterance ends here, if this version of the API can."""
        request = self._codec.end_of_utterance()
        if request is not None:
            await self.write(request)

    async def finish(self) -> None:
        """Half-close; what the recogniser says is still read."""
        await self._call.done_writing()

    async def write(self, request: Any) -> None:
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
        while (answer := await self._read()) is not grpc.aio.EOF:
            self._heard()
            if not self._support and (
                names := support_ids.names(await self._call.initial_metadata())
            ):
                self._support = names
                yield SessionNamed("", self._request_id, names)
            for event in self._codec.decode(self._codec.unpack(answer)):
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
        """Why the call has ended; the same to all who ask."""
        problem = await self._reason()
        if self._problem is None:
            problem = _judged(problem, self._credential)
            self._problem = replace(problem, support=await self._named(problem))
        return self._problem

    async def _named(self, problem: Problem) -> str:
        """What support would ask for, if the service itself has ended the call."""
        names = self._support
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                heads, tails = await self._call.initial_metadata(), self._call.trailing_metadata()
                names = support_ids.names(heads, await tails) or names
        if not names and problem.kind in ANSWERED:
            names = support_ids.own(self._request_id)
        return names if self._credential is None else self._credential.hidden_in(names)

    async def _reason(self) -> Problem:
        """What its status means."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                await self._ended.wait()
        if self._status is None:
            return status_problems.of_status(
                await self._call.code(), await self._call.details() or ""
            )
        return status_problems.of_status(*self._status)

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
        if isinstance(event, SessionNamed):
            return replace(event, request_id=self._request_id, support=self._support)
        return event


def _metadata(
    codec: Codec, request_id: str, credential: Credential | None
) -> list[tuple[str, str]]:
    """What is said of ourselves. No frame keeps it: a crash may show the frames' variables."""
    said = [("x-client-request-id", request_id)]
    if credential is not None:
        said.append(credential.metadata())
        if credential.folder_id and codec.method.startswith(HAS_HEADER):
            said.append(("x-folder-id", credential.folder_id))
    return said


def _judged(problem: Problem, credential: Credential | None) -> Problem:
    """The problem without the secret, which a server may repeat; and not permanent, if another
    credential may be had."""
    if credential is None:
        return problem
    detail = credential.hidden_in(problem.detail)
    hint = problem.hint.replace(status_problems.ANY_KEY, credential.origin)
    problem = replace(problem, detail=detail, hint=hint)
    if problem.kind is not Kind.CREDENTIALS or credential.refused is None:
        return problem
    if not credential.refused():
        return problem
    hint = "Another token is asked for; recording goes on."
    return replace(problem, hint=hint, is_permanent=False)


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it had to wait")
