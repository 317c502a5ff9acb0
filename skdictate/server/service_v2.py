"""``yandex.cloud.ai.stt.v2.SttService/StreamingRecognize`` over the embedded recogniser.

The only times that this version knows are those of words. Where the recogniser does not tell them,
the whole utterance goes out as one word, so that a client learns at least where that was; silence
that is settled goes out as an utterance of no words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.core.audio import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Word
from skdictate.server import call
from skdictate.server.call import Service, language_warning
from skdictate.server.containers import open_container
from skdictate.server.decoder import DECODED_HZ
from skdictate.server.refine import refine
from skdictate.server.rules import wrong
from skdictate.server.session import Said

SERVICE = "yandex.cloud.ai.stt.v2.SttService"
METHOD = "StreamingRecognize"
RATES_HZ = (8_000, 16_000, 48_000)
FOLDER_ID_LONGEST = 50


class Call(call.Call):
    """One client of this version."""

    service = SERVICE
    method = METHOD

    def __init__(self, service: Service, context: Any) -> None:
        super().__init__(service, context)
        self._wanted = pb.RecognitionSpec()
        self._final: pb.SpeechRecognitionChunk | None = None
        """Said, but held back: the end of its utterance may go with it."""
        self._settled_ms = 0
        self._is_ended = False
        """By the client's wish for a single utterance."""

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingRecognitionRequest | None:
        """A request as it came; None if it is none."""
        try:
            return pb.StreamingRecognitionRequest.FromString(data)
        except DecodeError:
            return None

    @staticmethod
    def pack(response: pb.StreamingRecognitionResponse) -> bytes:
        """An answer as it travels."""
        return response.SerializeToString()

    def _settings(self, request: Any | None) -> tuple[Format, bool]:
        if request is None or request.WhichOneof("streaming_request") != "config":
            raise wrong("The first message has to be config")
        if len(request.config.folder_id) > FOLDER_ID_LONGEST:
            raise wrong(f"folder_id may have {FOLDER_ID_LONGEST} characters")
        self._wanted = request.config.specification
        sound = self._sound()
        code = self._wanted.language_code
        warning = language_warning([code] if code else [], self._service.recogniser.language)
        if warning and not self._service.rules.is_public:  # here nothing but an error can say so
            raise wrong(warning)
        # Here a final is the better text at once; no refinement follows it.
        return sound, False

    def _sound(self) -> Format:
        """The format of the audio that will come; that of its sound, if it comes in a container."""
        if self._wanted.audio_encoding == pb.RecognitionSpec.OGG_OPUS:
            self._decoder = open_container("OGG_OPUS")
            return Format(DECODED_HZ)
        if self._wanted.audio_encoding != pb.RecognitionSpec.LINEAR16_PCM:
            raise wrong("audio_encoding has to be LINEAR16_PCM or OGG_OPUS")
        if self._wanted.sample_rate_hertz not in RATES_HZ:
            raise wrong("sample_rate_hertz has to be 8000, 16000 or 48000")
        return Format(int(self._wanted.sample_rate_hertz))

    def _audio(self, request: Any) -> tuple[bytes, int]:
        if request.WhichOneof("streaming_request") != "audio_content":
            raise wrong("After config there may be audio_content only")
        data: bytes = request.audio_content
        return data, len(data)

    def _encode(self, said: Said) -> pb.StreamingRecognitionResponse | None:
        if self._is_ended:
            return None
        match said.event:
            case Partial(text):
                return self._partial(text) if self._wanted.partial_results else None
            case Final(text, start_ms, end_ms, words):
                whole = (Word(text, start_ms, end_ms),)
                held, self._final = self._final, _chunk(self._worded(text), words or whole)
                self._settled_ms = end_ms
                return pb.StreamingRecognitionResponse(chunks=[held]) if held else None
            case EndOfUtterance(time_ms):
                return self._end(time_ms)
        return None

    def _partial(self, text: str) -> pb.StreamingRecognitionResponse:
        chunk = pb.SpeechRecognitionChunk()
        chunk.alternatives.add(text=text, confidence=1.0)
        return pb.StreamingRecognitionResponse(chunks=[chunk])

    def _end(self, time_ms: int) -> pb.StreamingRecognitionResponse:
        """The utterance with its end; or silence, told as an utterance of no words."""
        silence = (Word("", min(self._settled_ms, time_ms), time_ms),)
        chunk, self._final = self._final or _chunk("", silence), None
        self._settled_ms = time_ms
        has_text = bool(chunk.alternatives[0].text)
        self._is_ended = self._wanted.single_utterance and has_text
        chunk.end_of_utterance = True
        return pb.StreamingRecognitionResponse(chunks=[chunk])

    def _worded(self, text: str) -> str:
        return refine(text) if self._wanted.literature_text else text

    def _alive(self) -> pb.StreamingRecognitionResponse | None:
        """An answer without chunks; some clients in the documentation would stumble over it."""
        if self._service.rules.is_public:
            return None
        return pb.StreamingRecognitionResponse()


class SttService(call.Recognition):
    """Serves any number of calls."""

    call = Call


def _chunk(text: str, words: Iterable[Word]) -> pb.SpeechRecognitionChunk:
    chunk = pb.SpeechRecognitionChunk()
    chunk.final = True
    best = chunk.alternatives.add(text=text, confidence=1.0)
    for word in words:
        info = best.words.add(word=word.text, confidence=1.0)
        info.start_time.FromMilliseconds(word.start_ms)
        info.end_time.FromMilliseconds(word.end_ms)
    return chunk
