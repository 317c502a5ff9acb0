"""One client of the server, from its settings to its last word, in whatever version of the API.

The versions differ in messages only: each says how to read and how to write them.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from traceback import clear_frames
from typing import Any, ClassVar

import grpc

from skdictate.audio.pcm import Format
from skdictate.server.audio_queue import AudioQueue
from skdictate.server.client_messages import Request, Requests
from skdictate.server.client_session import ClientSession, SessionOutput, Wanted
from skdictate.server.decoder import Decoder, Raw
from skdictate.server.decoding import Decoding
from skdictate.server.recogniser import Recogniser, RecogniserStream
from skdictate.server.responses import Responses
from skdictate.server.session_rules import RefusedError, SessionRules
from skdictate.server.session_usage import Usage

ALIVE_S = 3.0
"""How often a client is told that the session works; the service's interval is not published."""
STEP_S = 0.1
"""Audio that is worth waking the recogniser for ..."""
BITE_S = 2.0
"""... and the most that it takes at once, so that others have their turn."""
TOLD_S = 2.0
"""How long a client may take to be told why its session has ended."""
FULL_S = 10.0
"""With this much waiting, no more is read from the client: it feels the back-pressure."""


@dataclass(frozen=True, slots=True)
class Service:
    """What all calls share; their audio is worked through on one thread."""

    recogniser: Recogniser
    executor: Executor
    rules: SessionRules
    decoding: Executor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="decoder")
    )
    """Another thread, see ``decoding``."""


class ClientCall(ABC):
    """Reads a client's audio, has it recognised, and writes the answers."""

    service: ClassVar[str]
    """The full name, as gRPC has it."""
    method: ClassVar[str]

    def __init__(self, service: Service, context: Any) -> None:
        self._service = service
        self._context = context
        self._usage = Usage(service.rules)
        self._requests = Requests(context, service.rules, self._usage)
        self._responses = Responses(context)
        self._ends: deque[int] = deque()
        """Where the client says that utterances end, in samples; ahead of the recogniser."""
        self._ended: int | None = None
        """The last of those, whether the recogniser has come to it or not."""
        self._takes_ends = False
        """The client may say where they end; ``_settings`` may allow it."""
        self._decoder: Decoder = Raw()
        """What is sent, as samples; ``_settings`` may name another."""

    @classmethod
    async def serve(cls, service: Service, context: Any) -> None:
        """One session; one that breaks the rules ends with their status."""
        status: tuple[grpc.StatusCode, str] | None = None
        try:
            await cls(service, context).run()
        except* RefusedError as group:
            refused = next(error for error in group.exceptions if isinstance(error, RefusedError))
            status = refused.code, refused.text
            # The frames hold each other and what the client sent, until all garbage is looked for.
            for error in (*group.exceptions, group):
                clear_frames(error.__traceback__)
            del refused
        if status is not None:
            with suppress(TimeoutError):  # whoever does not read is not told either
                async with asyncio.timeout(TOLD_S):
                    await context.abort(*status)

    async def run(self) -> None:
        """Serve the call until the client has half-closed and everything is said."""
        async with asyncio.TaskGroup() as group:
            request = await self._requests.read()
            self._format, wanted = self._settings(request.content if request else None)
            self._usage.begin(self._format, request.size_bytes if request else 0)
            self._decoding = Decoding(self._decoder, self._service.decoding)
            await self._open(wanted)
            try:
                await self._greet()
                alive = group.create_task(self._say_alive())
                reading = group.create_task(self._listen())
                await self._recognise()
                await reading
                alive.cancel()
            finally:
                with suppress(RuntimeError):  # the server has stopped
                    self._service.executor.submit(self._session.close)

    # ------------------------------------------------------------------------- what versions say

    @staticmethod
    @abstractmethod
    def unpack(data: bytes) -> Any | None:
        """A request as it came; None if it is none."""

    @staticmethod
    @abstractmethod
    def pack(response: Any) -> bytes:
        """An answer as it travels."""

    @abstractmethod
    def _settings(self, request: Any | None) -> tuple[Format, Wanted]:
        """What the first message asks for: the sound to come, and what is told of it.

        Raises:
            RefusedError: there is none, or it asks for what cannot be.
        """

    @abstractmethod
    def _audio(self, request: Any) -> tuple[bytes, int]:
        """The bytes of a message and their number; or samples that stand for no bytes, and 0.

        Raises:
            RefusedError: it is no audio.
        """

    @abstractmethod
    def _encode(self, said: SessionOutput) -> Any | None:
        """What was said, as an answer; None where there is none for it."""

    @abstractmethod
    def _alive(self) -> Any:
        """The answer that only says that the session works; None where there is none."""

    def _is_end(self, request: Any) -> bool:
        """Whether a message is an end of utterance, and no audio."""
        return False

    async def _greet(self) -> None:
        """What is said at once."""
        await self._write(self._alive())

    # ------------------------------------------------------------------------- what all do

    async def _open(self, wanted: Wanted) -> None:
        sizes = (self._format.size_bytes(self._format.samples(s)) for s in (STEP_S, BITE_S, FULL_S))
        self._inbox = AudioQueue(*sizes)
        opening = asyncio.ensure_future(
            self._work(self._service.recogniser.open, self._format.rate_hz)
        )
        try:
            stream = await asyncio.shield(opening)
        except asyncio.CancelledError:  # the client has gone, and the stream is opened all the same
            opening.add_done_callback(self._close_unused)
            raise
        self._session = ClientSession(stream, self._format, wanted)

    def _close_unused(self, opening: asyncio.Future[RecogniserStream]) -> None:
        """Free a stream that nobody waited for."""
        if not opening.cancelled() and opening.exception() is None:
            with suppress(RuntimeError):  # the server has stopped
                self._service.executor.submit(opening.result().close)

    async def _listen(self) -> None:
        """Take audio until the client has no more."""
        while request := await self._requests.read():
            if self._is_end(request.content):
                self._usage.message(request.size_bytes, 0)
                if self._takes_ends:
                    await self._end_here()
                continue
            data, size_bytes = self._audio(request.content)
            self._usage.message(request.size_bytes, size_bytes)
            if not size_bytes:
                await self._take(data)
                continue
            async for pcm in self._decoding.decode(data):
                await self._take(pcm)
        async for pcm in self._decoding.finish():
            await self._take(pcm)
        await self._inbox.end()

    async def _end_here(self) -> None:
        """The utterance ends with what has come; where it has ended already, this says nothing."""
        if self._usage.n_samples != self._ended:
            self._usage.end()
            self._ended = self._usage.n_samples
            self._ends.append(self._ended)
            await self._inbox.wake()

    async def _take(self, pcm: bytes) -> None:
        """Samples, within the limits; waits while the recogniser is behind."""
        if not pcm:
            return
        self._usage.sound(len(pcm) // 2)
        self._session.received(len(pcm) // 2)
        await self._inbox.put(pcm)

    async def _recognise(self) -> None:
        """Work through the audio as it comes, and say what it gives."""
        position = 0
        while (pcm := await self._inbox.take()) is not None:
            while self._ends and self._ends[0] * 2 <= position + len(pcm):
                n_bytes = self._ends.popleft() * 2 - position
                await self._say(await self._work(self._session.feed, pcm[:n_bytes]))
                await self._say(await self._work(self._end_utterance))
                position += n_bytes
                pcm = pcm[n_bytes:]
            await self._say(await self._work(self._session.feed, pcm))
            position += len(pcm)
        await self._say(await self._work(self._session.finish))

    def _end_utterance(self) -> list[SessionOutput]:
        stream = self._service.recogniser.open(self._format.rate_hz)
        return self._session.end_utterance(stream)

    async def _work(self, function: Any, *arguments: Any) -> Any:
        """Run on the recogniser's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._service.executor, function, *arguments)

    async def _say(self, heard: list[SessionOutput]) -> None:
        for said in heard:
            response = self._encode(said)
            if response is not None:
                await self._write(response)

    async def _say_alive(self) -> None:
        """Signs of life at a fixed interval."""
        while True:
            await asyncio.sleep(ALIVE_S)
            await self._write(self._alive())

    async def _write(self, response: Any) -> None:
        if response is not None:
            await self._responses.write(response)


class Recognition:
    """The one method of a version of the API; serves any number of calls."""

    call: ClassVar[type[ClientCall]]

    def __init__(self, recogniser: Recogniser, executor: Executor, rules: SessionRules) -> None:
        self._service = Service(recogniser, executor, rules)

    def handler(self) -> grpc.GenericRpcHandler:
        """What a gRPC server registers."""
        method = grpc.stream_stream_rpc_method_handler(
            self.recognize,
            request_deserializer=self._received,
            response_serializer=self.call.pack,
        )
        return grpc.method_handlers_generic_handler(self.call.service, {self.call.method: method})

    def _received(self, data: bytes) -> Request:
        return Request(self.call.unpack(data), len(data))

    async def recognize(self, _requests: Any, context: Any) -> None:
        """One session, from its settings to its end."""
        await self.call.serve(self._service, context)
