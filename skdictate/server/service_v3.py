"""``speechkit.stt.v3.Recognizer/RecognizeStreaming`` over the embedded recogniser."""

from __future__ import annotations

import time
import uuid
from typing import Any

from google.protobuf.message import DecodeError

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement, Word
from skdictate.server import client_call, request_check
from skdictate.server.client_call import Service
from skdictate.server.client_session import Cursors, SessionOutput, Wanted
from skdictate.server.containers import open_container
from skdictate.server.decoder import DECODED_HZ
from skdictate.server.request_ids import client_id
from skdictate.server.session_rules import invalid_request

SERVICE = "speechkit.stt.v3.Recognizer"
METHOD = "RecognizeStreaming"
RATES_HZ = range(8_000, 48_001)
SILENCE_LONGEST_MS = 300_000


class Call(client_call.ClientCall):
    """A call of API v3."""

    service = SERVICE
    method = METHOD

    def __init__(self, service: Service, context: Any) -> None:
        super().__init__(service, context)
        self._began_s = time.monotonic()
        self._id = pb.SessionUuid(uuid=str(uuid.uuid4()), user_request_id=client_id(context))
        self._warnings: list[str] = []

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingRequest | None:
        """Parse a request; None if the bytes are no such message."""
        try:
            return pb.StreamingRequest.FromString(data)
        except DecodeError:
            return None

    @staticmethod
    def pack(response: pb.StreamingResponse) -> bytes:
        """Serialise an answer."""
        return response.SerializeToString()

    def _settings(self, request: Any | None) -> tuple[Format, Wanted]:
        if request is None or request.WhichOneof("Event") != "session_options":
            raise invalid_request("The first message has to be session_options")
        options = request.session_options
        request_check.check(options)
        self._warnings = list(request_check.warnings(options, self._service.recogniser.language))
        is_public = self._service.rules.is_public
        # SpeechKit accepts them with the external classifier only; our own client may always send
        # them.
        self._accepts_ends = request_check.is_external(options) or not is_public
        wanted = Wanted(
            endpoint=request_check.endpoint(options, is_eager=not is_public),
            refinements=request_check.refinements(options),
            # Our own client uses word times to cut between sessions, so they must not be guessed.
            guesses_word_times=is_public,
        )
        return self._format_of(options.recognition_model.audio_format), wanted

    def _format_of(self, options: Any) -> Format:
        """The format of the samples: as sent, or as decoded from a container."""
        if options.WhichOneof("AudioFormat") != "container_audio":
            return _format(options)
        kind = options.container_audio.container_audio_type
        names = {number: name for name, number in pb.ContainerAudio.ContainerAudioType.items()}
        self._decoder = open_container(names.get(kind, ""))
        return Format(DECODED_HZ)

    async def _send_opening(self) -> None:
        await super()._send_opening()
        for words in self._warnings:
            await self._write(self._status(pb.StatusCode(code_type=pb.WARNING, message=words)))

    def _is_end(self, request: Any) -> bool:
        return bool(request.WhichOneof("Event") == "eou")

    def _audio(self, request: Any) -> tuple[bytes, int]:
        """The samples of an audio message, or silence for a silence message."""
        event = request.WhichOneof("Event")
        if event == "session_options":
            raise invalid_request("session_options may come in the first message only")
        if event == "silence_chunk":
            duration_ms = min(max(0, request.silence_chunk.duration_ms), SILENCE_LONGEST_MS)
            return bytes(self._format.size_bytes(self._format.samples_of_ms(duration_ms))), 0
        data: bytes = request.chunk.data
        return data, len(data)

    def _encode(self, output: SessionOutput) -> pb.StreamingResponse:
        return _encode(output)

    def _keepalive(self) -> pb.StreamingResponse:
        return self._status(pb.StatusCode(code_type=pb.WORKING))

    def _status(self, status: pb.StatusCode) -> pb.StreamingResponse:
        cursors = _cursors(self._session.cursors)
        return pb.StreamingResponse(audio_cursors=cursors, status_code=status)

    async def _write(self, response: pb.StreamingResponse) -> None:
        response.session_uuid.CopyFrom(self._id)
        response.response_wall_time_ms = round((time.monotonic() - self._began_s) * 1000)
        response.channel_tag = "0"
        await super()._write(response)


class RecognizerService(client_call.Recognition):
    """The v3 service; serves any number of calls."""

    call = Call


def _format(options: Any) -> Format:
    """The format of raw audio.

    Raises:
        RefusedError: it is not supported.
    """
    if options.WhichOneof("AudioFormat") != "raw_audio":
        raise invalid_request("audio_format has to be raw_audio or container_audio")
    raw = options.raw_audio
    if raw.audio_encoding != pb.RawAudio.LINEAR16_PCM:
        raise invalid_request("audio_encoding has to be LINEAR16_PCM")
    if raw.sample_rate_hertz not in RATES_HZ:
        raise invalid_request("sample_rate_hertz has to be from 8000 to 48000")
    if raw.audio_channel_count not in (0, 1):
        raise invalid_request("Only one channel can be recognised in a stream")
    return Format(int(raw.sample_rate_hertz))


def _encode(output: SessionOutput) -> pb.StreamingResponse:
    response = pb.StreamingResponse(audio_cursors=_cursors(output.cursors))
    match output.event:
        case Partial(text, words):
            start_ms, end_ms = output.cursors.final_ms, output.cursors.processed_ms
            _add(response.partial, text, start_ms, end_ms, words)
        case Final():
            _add_final(response.final, output.event)
        case Refinement(index, _):
            response.final_refinement.final_index = index
            if output.final is not None:
                _add_final(response.final_refinement.normalized_text, output.final)
        case EndOfUtterance(time_ms):
            response.eou_update.time_ms = time_ms
    return response


def _add_final(update: pb.AlternativeUpdate, final: Final) -> None:
    _add(update, final.text, final.start_ms, final.end_ms, final.words)


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
