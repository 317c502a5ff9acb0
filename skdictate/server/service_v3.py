"""``speechkit.stt.v3.Recognizer/RecognizeStreaming`` over the embedded recogniser."""

from __future__ import annotations

import asyncio
import time
import uuid
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

import grpc

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.audio import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement, Word
from skdictate.server.inbox import Inbox
from skdictate.server.recogniser import Recogniser
from skdictate.server.rules import RefusedError, Rules, idle, wrong
from skdictate.server.session import Cursors, Said, Session

SERVICE = "speechkit.stt.v3.Recognizer"
METHOD = "RecognizeStreaming"
RATES_HZ = range(8_000, 48_001)
ALIVE_S = 3.0
"""How often a client is told that the session works; the service's interval is not published."""
STEP_S = 0.1
"""Audio that is worth waking the recogniser for ..."""
BITE_S = 2.0
"""... and the most that it takes at once, so that others have their turn."""
FULL_S = 10.0
"""With this much waiting, no more is read from the client: it feels the back-pressure."""
SILENCE_LONGEST_MS = 300_000


class RecognizerService:
    """Serves any number of calls; their audio is worked through on one thread."""

    def __init__(self, recogniser: Recogniser, executor: Executor, rules: Rules) -> None:
        self.recogniser = recogniser
        self.executor = executor
        self.rules = rules

    def handler(self) -> grpc.GenericRpcHandler:
        """What a gRPC server registers."""
        method = grpc.stream_stream_rpc_method_handler(
            self.recognize,
            request_deserializer=pb.StreamingRequest.FromString,
            response_serializer=pb.StreamingResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(SERVICE, {METHOD: method})

    async def recognize(self, _requests: Any, context: Any) -> None:
        """One session, from its settings to its end."""
        refused: RefusedError | None = None
        try:
            await Call(self, context).run()
        except* RefusedError as group:
            refused = next(error for error in group.exceptions if isinstance(error, RefusedError))
        if refused is not None:
            await context.abort(refused.code, refused.text)


class Call:
    """One client: reads its audio, has it recognised, and writes the answers."""

    def __init__(self, service: RecognizerService, context: Any) -> None:
        self._service = service
        self._context = context
        self._began_s = time.monotonic()
        self._id = pb.SessionUuid(uuid=str(uuid.uuid4()), user_request_id=_request_id(context))
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Serve the call until the client has half-closed and everything is said."""
        async with asyncio.TaskGroup() as group:
            await self._open(await self._read())
            try:
                alive = group.create_task(self._say_alive())
                reading = group.create_task(self._listen())
                await self._recognise()
                await reading
                alive.cancel()
            finally:
                self._service.executor.submit(self._session.close)

    async def _open(self, request: Any) -> None:
        """Take the settings."""
        if request is grpc.aio.EOF or request.WhichOneof("Event") != "session_options":
            raise wrong("The first message has to be session_options")
        model = request.session_options.recognition_model
        self._format = _format(model.audio_format)
        sizes = (self._format.size_bytes(self._format.samples(s)) for s in (STEP_S, BITE_S, FULL_S))
        self._inbox = Inbox(*sizes)
        self._size_bytes = 0
        self._n_samples = 0
        mode = model.text_normalization.text_normalization
        stream = await self._work(self._service.recogniser.open, self._format.rate_hz)
        self._session = Session(
            stream,
            self._format,
            refines=mode == pb.TextNormalizationOptions.TEXT_NORMALIZATION_ENABLED,
        )
        await self._tell(pb.StatusCode(code_type=pb.WORKING))
        warning = _language_warning(model.language_restriction, self._service.recogniser.language)
        if warning:
            await self._tell(pb.StatusCode(code_type=pb.WARNING, message=warning))

    async def _read(self) -> Any:
        """The next message, which has to come in time."""
        try:
            async with asyncio.timeout(self._service.rules.idle_s):
                return await self._context.read()
        except TimeoutError:
            raise idle() from None

    async def _listen(self) -> None:
        """Take audio until the client has no more."""
        while (request := await self._read()) is not grpc.aio.EOF:
            pcm = self._audio(request)
            self._n_samples += len(pcm) // 2
            self._size_bytes += len(request.chunk.data)
            self._service.rules.check(self._format, self._n_samples, self._size_bytes)
            self._session.received(len(pcm) // 2)
            await self._inbox.put(pcm)
        await self._inbox.end()

    def _audio(self, request: Any) -> bytes:
        """The samples of a message; silence if it stands for silence."""
        event = request.WhichOneof("Event")
        if event == "session_options":
            raise wrong("session_options may come in the first message only")
        if event == "silence_chunk":
            duration_ms = min(max(0, request.silence_chunk.duration_ms), SILENCE_LONGEST_MS)
            return bytes(self._format.size_bytes(self._format.samples_of_ms(duration_ms)))
        data: bytes = request.chunk.data
        if len(data) % 2:
            raise wrong("A chunk has to hold whole 16-bit samples")
        return data

    async def _recognise(self) -> None:
        """Work through the audio as it comes, and say what it gives."""
        while pcm := await self._inbox.take():
            await self._say(await self._work(self._session.feed, pcm))
        await self._say(await self._work(self._session.finish))

    async def _work(self, function: Any, *arguments: Any) -> Any:
        """Run on the recogniser's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._service.executor, function, *arguments)

    async def _say(self, heard: list[Said]) -> None:
        for said in heard:
            await self._write(_encode(said))

    async def _say_alive(self) -> None:
        """Signs of life at a fixed interval."""
        while True:
            await asyncio.sleep(ALIVE_S)
            await self._tell(pb.StatusCode(code_type=pb.WORKING))

    async def _tell(self, status: pb.StatusCode) -> None:
        cursors = _cursors(self._session.cursors)
        await self._write(pb.StreamingResponse(audio_cursors=cursors, status_code=status))

    async def _write(self, response: pb.StreamingResponse) -> None:
        response.session_uuid.CopyFrom(self._id)
        response.response_wall_time_ms = round((time.monotonic() - self._began_s) * 1000)
        response.channel_tag = "0"
        async with self._writing:
            with suppress(asyncio.InvalidStateError):
                await self._context.write(response)


def _request_id(context: Any) -> str:
    """The client's own id for its request."""
    metadata = dict(context.invocation_metadata() or ())
    return str(metadata.get("x-client-request-id", ""))


def _format(options: Any) -> Format:
    """The format of the audio that will come, if it can be worked with."""
    if options.WhichOneof("AudioFormat") != "raw_audio":
        raise wrong("Only raw_audio can be recognised here")
    raw = options.raw_audio
    if raw.audio_encoding != pb.RawAudio.LINEAR16_PCM:
        raise wrong("audio_encoding has to be LINEAR16_PCM")
    if raw.sample_rate_hertz not in RATES_HZ:
        raise wrong("sample_rate_hertz has to be from 8000 to 48000")
    if raw.audio_channel_count not in (0, 1):
        raise wrong("Only one channel can be recognised in a stream")
    return Format(int(raw.sample_rate_hertz))


def _language_warning(restriction: Any, known: str) -> str:
    """What to say of languages that this recogniser does not know."""
    codes = [code.lower() for code in restriction.language_code]
    if not codes or "auto" in codes or any(code[:2] == known[:2].lower() for code in codes):
        return ""
    return f"This recogniser knows {known} only"


def _encode(said: Said) -> pb.StreamingResponse:
    response = pb.StreamingResponse(audio_cursors=_cursors(said.cursors))
    match said.event:
        case Partial(text, words):
            start_ms, end_ms = said.cursors.final_ms, said.cursors.processed_ms
            _add(response.partial, text, start_ms, end_ms, words)
        case Final(text, start_ms, end_ms, words):
            _add(response.final, text, start_ms, end_ms, words)
        case Refinement(index, text):
            response.final_refinement.final_index = index
            response.final_refinement.normalized_text.alternatives.add(text=text)
        case EndOfUtterance(time_ms):
            response.eou_update.time_ms = time_ms
    return response


def _add(
    update: pb.AlternativeUpdate, text: str, start_ms: int, end_ms: int, words: tuple[Word, ...]
) -> None:
    best = update.alternatives.add(text=text, start_time_ms=start_ms, end_time_ms=end_ms)
    for word in words:
        best.words.add(text=word.text, start_time_ms=word.start_ms, end_time_ms=word.end_ms)


def _cursors(cursors: Cursors) -> pb.AudioCursors:
    return pb.AudioCursors(
        received_data_ms=cursors.received_ms,
        partial_time_ms=cursors.processed_ms,
        final_time_ms=cursors.final_ms,
        final_index=cursors.final_index,
        eou_time_ms=cursors.eou_ms,
    )
