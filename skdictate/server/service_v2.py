"""``yandex.cloud.ai.stt.v2.SttService/StreamingRecognize`` over the embedded recogniser.

This version has no times but those of words. Our own client relies on them, so it gets an utterance
without word times as a single word that spans it, and finalised silence as one empty word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Word
from skdictate.server import client_call
from skdictate.server.client_call import Service
from skdictate.server.client_session import SessionOutput, Wanted
from skdictate.server.containers import open_container
from skdictate.server.decoder import DECODED_HZ
from skdictate.server.endpointing import AT_ONCE, USUAL
from skdictate.server.refinement import Form
from skdictate.server.request_check import is_among
from skdictate.server.session_rules import invalid_request

SERVICE = "yandex.cloud.ai.stt.v2.SttService"
METHOD = "StreamingRecognize"
RATES_HZ = (8_000, 16_000, 48_000)
FOLDER_ID_LONGEST = 50


class Call(client_call.ClientCall):
    """A call of API v2."""

    service = SERVICE
    method = METHOD

    def __init__(self, service: Service, context: Any) -> None:
        super().__init__(service, context)
        self._wanted = pb.RecognitionSpec()
        self._final: pb.SpeechRecognitionChunk | None = None
        """The final of the current utterance, held back until the end of the utterance can go with
        it."""
        self._is_ended = False
        """Whether the one utterance that the client asked for has ended."""

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingRecognitionRequest | None:
        """Parse a request; None if the bytes are no such message."""
        try:
            return pb.StreamingRecognitionRequest.FromString(data)
        except DecodeError:
            return None

    @staticmethod
    def pack(response: pb.StreamingRecognitionResponse) -> bytes:
        """Serialise an answer."""
        return response.SerializeToString()

    def _settings(self, request: Any | None) -> tuple[Format, Wanted]:
        if request is None or request.WhichOneof("streaming_request") != "config":
            raise invalid_request("The first message has to be config")
        if len(request.config.folder_id) > FOLDER_ID_LONGEST:
            raise invalid_request(f"folder_id may have {FOLDER_ID_LONGEST} characters")
        self._wanted = request.config.specification
        sound = self._sound()
        code, known = self._wanted.language_code.lower(), self._service.recogniser.language
        is_public = self._service.rules.is_public
        if code and not is_among([code], known) and not is_public:
            raise invalid_request(f"This server recognises only {known}")  # v2 has no warnings
        finals = _form(self._wanted)
        return sound, Wanted(
            endpoint=USUAL if is_public else AT_ONCE,
            partials=finals if self._normalizes_partials else Form.RAW,
            finals=finals,
            guesses_word_times=is_public,
        )

    def _sound(self) -> Format:
        """The format of the samples: as sent, or as decoded from a container."""
        if self._wanted.audio_encoding == pb.RecognitionSpec.OGG_OPUS:
            self._decoder = open_container("OGG_OPUS")
            return Format(DECODED_HZ)
        if self._wanted.audio_encoding != pb.RecognitionSpec.LINEAR16_PCM:
            raise invalid_request("audio_encoding has to be LINEAR16_PCM or OGG_OPUS")
        if self._wanted.sample_rate_hertz not in RATES_HZ:
            raise invalid_request("sample_rate_hertz has to be 8000, 16000 or 48000")
        return Format(int(self._wanted.sample_rate_hertz))

    def _audio(self, request: Any) -> tuple[bytes, int]:
        if request.WhichOneof("streaming_request") != "audio_content":
            raise invalid_request("After config there may be audio_content only")
        data: bytes = request.audio_content
        return data, len(data)

    def _encode(self, output: SessionOutput) -> pb.StreamingRecognitionResponse | None:
        if self._is_ended:
            return None
        match output.event:
            case Partial(text):
                return self._partial(text) if self._wanted.partial_results else None
            case Final(text, start_ms, end_ms, words):
                held = self._final
                self._final = _chunk(text, words or (Word(text, start_ms, end_ms),))
                return pb.StreamingRecognitionResponse(chunks=[held]) if held else None
            case EndOfUtterance():
                return self._end()
        return None

    def _partial(self, text: str) -> pb.StreamingRecognitionResponse:
        chunk = pb.SpeechRecognitionChunk()
        chunk.alternatives.add(text=text, confidence=1.0)
        return pb.StreamingRecognitionResponse(chunks=[chunk])

    def _end(self) -> pb.StreamingRecognitionResponse | None:
        """The final of the utterance, marked as its end; of silence, it has no words."""
        chunk, self._final = self._final, None
        if chunk is None:
            return None
        has_text = bool(chunk.alternatives[0].text)
        self._is_ended = self._wanted.single_utterance and has_text
        chunk.end_of_utterance = True
        return pb.StreamingRecognitionResponse(chunks=[chunk])

    @property
    def _normalizes_partials(self) -> bool:
        metadata = dict(self._context.invocation_metadata() or ())
        return str(metadata.get("x-normalize-partials", "")).lower() == "true"

    def _keepalive(self) -> pb.StreamingRecognitionResponse | None:
        """An answer without chunks.

        Other clients get none, as examples in the documentation fail on it.
        """
        if self._service.rules.is_public:
            return None
        return pb.StreamingRecognitionResponse()


class SttService(client_call.Recognition):
    """The v2 service; serves any number of calls."""

    call = Call


def _form(wanted: pb.RecognitionSpec) -> Form:
    """The form of finals."""
    if wanted.literature_text:
        return Form.SPELLED if wanted.raw_results else Form.LITERARY
    return Form.RAW if wanted.raw_results else Form.NORMALIZED


def _chunk(text: str, words: Iterable[Word]) -> pb.SpeechRecognitionChunk:
    chunk = pb.SpeechRecognitionChunk()
    chunk.final = True
    best = chunk.alternatives.add(text=text, confidence=1.0)
    for word in words:
        info = best.words.add(word=word.text, confidence=1.0)
        info.start_time.FromMilliseconds(word.start_ms)
        info.end_time.FromMilliseconds(word.end_ms)
    return chunk
