"""One call of a client, from its settings to the last answer, whatever the version of the API.

The versions differ only in their messages: each subclass says how to read and write them.
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
"""Seconds between two keepalive answers; SpeechKit does not publish its own interval."""
STEP_S = 0.1
"""Seconds of audio that are worth waking the recogniser for."""
CHUNK_S = 2.0
"""Seconds of audio that the recogniser gets at once, so that other sessions have their turn."""
STATUS_TIMEOUT_S = 2.0
"""Seconds that a client has for reading the status with which its call is refused."""
FULL_S = 10.0
"""Seconds of audio that may be queued; above it nothing is read, and gRPC slows the client down."""


@dataclass(frozen=True, slots=True)
class Service:
    """What all calls share; ``executor`` has one thread, on which all audio is recognised."""

    recogniser: Recogniser
    executor: Executor
    rules: SessionRules
    decoding: Executor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="decoder")
    )
    """One more thread, for decoding containers; see ``decoding``."""


class ClientCall(ABC):
    """Reads a client's audio, has it recognised, and writes the answers."""

    service: ClassVar[str]
    """The full name of the gRPC service."""
    method: ClassVar[str]

    def __init__(self, service: Service, context: Any) -> None:
        self._service = service
        self._context = context
        self._usage = Usage(service.rules)
        self._requests = Requests(context, service.rules, self._usage)
        self._responses = Responses(context)
        self._ends: deque[int] = deque()
        """Where the client ended utterances, in samples; positions that the recogniser has not
        reached."""
        self._ended: int | None = None
        """The last of these positions, whether the recogniser has reached it or not."""
        self._accepts_ends = False
        """Whether the client may end utterances itself; ``_settings`` may allow it."""
        self._decoder: Decoder = Raw()
        """Turns what the client sends into samples; ``_settings`` may choose another one."""

    @classmethod
    async def serve(cls, service: Service, context: Any) -> None:
        """Serve one call; a client that breaks the rules gets the status of the rule."""
        status: tuple[grpc.StatusCode, str] | None = None
        try:
            await cls(service, context).run()
        except* RefusedError as group:
            refused = next(error for error in group.exceptions if isinstance(error, RefusedError))
            status = refused.code, refused.text
            # The frames refer to each other and to the client's data, which would stay in memory
            # until the next garbage collection.
            for error in (*group.exceptions, group):
                clear_frames(error.__traceback__)
            del refused
        if status is not None:
            # a client that does not read does not get the status either
            with suppress(TimeoutError):
                async with asyncio.timeout(STATUS_TIMEOUT_S):
                    await context.abort(*status)

    async def run(self) -> None:
        """Serve the call until the client has half-closed and all answers are written."""
        async with asyncio.TaskGroup() as group:
            request = await self._requests.read()
            self._format, wanted = self._settings(request.content if request else None)
            self._usage.begin(self._format, request.size_bytes if request else 0)
            self._decoding = Decoding(self._decoder, self._service.decoding)
            await self._open(wanted)
            try:
                await self._send_opening()
                alive = group.create_task(self._send_keepalives())
                reading = group.create_task(self._read_requests())
                await self._recognise()
                await reading
                alive.cancel()
            finally:
                with suppress(RuntimeError):  # the server has stopped
                    self._service.executor.submit(self._session.close)

    # ------------------------------------------------------------------------- per version of the
    # API

    @staticmethod
    @abstractmethod
    def unpack(data: bytes) -> Any | None:
        """Parse a request; None if the bytes are no such message."""

    @staticmethod
    @abstractmethod
    def pack(response: Any) -> bytes:
        """Serialise an answer."""

    @abstractmethod
    def _settings(self, request: Any | None) -> tuple[Format, Wanted]:
        """Read the first message: the format of the audio, and which results the client wants.

        Raises:
            RefusedError: there is no first message, or it asks for something that is not supported.
        """

    @abstractmethod
    def _audio(self, request: Any) -> tuple[bytes, int]:
        """Return the bytes of an audio message and their number, or samples of silence and 0.

        Raises:
            RefusedError: the message is not audio.
        """

    @abstractmethod
    def _encode(self, output: SessionOutput) -> Any | None:
        """Turn an output of the session into an answer.

        None if this version has no answer for it.
        """

    @abstractmethod
    def _keepalive(self) -> Any:
        """The answer that only says that the session is alive; None if this version has none."""

    def _is_end(self, request: Any) -> bool:
        """Whether a message ends an utterance and carries no audio."""
        return False

    async def _send_opening(self) -> None:
        """Write what the client gets before any result."""
        await self._write(self._keepalive())

    # ------------------------------------------------------------------------- for all versions

    async def _open(self, wanted: Wanted) -> None:
        sizes = (
            self._format.size_bytes(self._format.samples(s)) for s in (STEP_S, CHUNK_S, FULL_S)
        )
        self._audio_queue = AudioQueue(*sizes)
        opening = asyncio.ensure_future(
            self._run_on_executor(self._service.recogniser.open, self._format.rate_hz)
        )
        try:
            stream = await asyncio.shield(opening)
        except asyncio.CancelledError:  # the client has gone, but the stream is opened all the same
            opening.add_done_callback(self._close_unused)
            raise
        self._session = ClientSession(stream, self._format, wanted)

    def _close_unused(self, opening: asyncio.Future[RecogniserStream]) -> None:
        """Close a stream that was opened for a client which has gone."""
        if not opening.cancelled() and opening.exception() is None:
            with suppress(RuntimeError):  # the server has stopped
                self._service.executor.submit(opening.result().close)

    async def _read_requests(self) -> None:
        """Read messages and queue their audio until the client has no more."""
        while request := await self._requests.read():
            if self._is_end(request.content):
                self._usage.add_message(request.size_bytes, 0)
                if self._accepts_ends:
                    await self._mark_utterance_end()
                continue
            data, size_bytes = self._audio(request.content)
            self._usage.add_message(request.size_bytes, size_bytes)
            if not size_bytes:
                await self._queue_audio(data)
                continue
            async for pcm in self._decoding.decode(data):
                await self._queue_audio(pcm)
        async for pcm in self._decoding.finish():
            await self._queue_audio(pcm)
        await self._audio_queue.end()

    async def _mark_utterance_end(self) -> None:
        """End the utterance after the audio received so far.

        Ignored where one has already ended.
        """
        if self._usage.n_samples != self._ended:
            self._usage.end()
            self._ended = self._usage.n_samples
            self._ends.append(self._ended)
            await self._audio_queue.wake_reader()

    async def _queue_audio(self, pcm: bytes) -> None:
        """Count samples against the limits and queue them; waits while the recogniser is behind."""
        if not pcm:
            return
        self._usage.add_samples(len(pcm) // 2)
        self._session.add_received(len(pcm) // 2)
        await self._audio_queue.put(pcm)

    async def _recognise(self) -> None:
        """Recognise the audio as it comes, and write the results."""
        position = 0
        while (pcm := await self._audio_queue.get()) is not None:
            while self._ends and self._ends[0] * 2 <= position + len(pcm):
                n_bytes = self._ends.popleft() * 2 - position
                await self._send_outputs(
                    await self._run_on_executor(self._session.feed, pcm[:n_bytes])
                )
                await self._send_outputs(await self._run_on_executor(self._end_utterance))
                position += n_bytes
                pcm = pcm[n_bytes:]
            await self._send_outputs(await self._run_on_executor(self._session.feed, pcm))
            position += len(pcm)
        await self._send_outputs(await self._run_on_executor(self._session.finish))

    def _end_utterance(self) -> list[SessionOutput]:
        stream = self._service.recogniser.open(self._format.rate_hz)
        return self._session.end_utterance(stream)

    async def _run_on_executor(self, function: Any, *arguments: Any) -> Any:
        """Run a blocking function on the recogniser's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._service.executor, function, *arguments)

    async def _send_outputs(self, outputs: list[SessionOutput]) -> None:
        for output in outputs:
            response = self._encode(output)
            if response is not None:
                await self._write(response)

    async def _send_keepalives(self) -> None:
        """Write a keepalive every ``ALIVE_S`` seconds."""
        while True:
            await asyncio.sleep(ALIVE_S)
            await self._write(self._keepalive())

    async def _write(self, response: Any) -> None:
        if response is not None:
            await self._responses.write(response)


class Recognition:
    """The streaming method of one version of the API; serves any number of calls."""

    call: ClassVar[type[ClientCall]]

    def __init__(self, recogniser: Recogniser, executor: Executor, rules: SessionRules) -> None:
        self._service = Service(recogniser, executor, rules)

    def handler(self) -> grpc.GenericRpcHandler:
        """The handler to register with a gRPC server."""
        method = grpc.stream_stream_rpc_method_handler(
            self.recognize,
            request_deserializer=self._received,
            response_serializer=self.call.pack,
        )
        return grpc.method_handlers_generic_handler(self.call.service, {self.call.method: method})

    def _received(self, data: bytes) -> Request:
        return Request(self.call.unpack(data), len(data))

    async def recognize(self, _requests: Any, context: Any) -> None:
        """Serve one session."""
        await self.call.serve(self._service, context)
