"""``yandex.cloud.ai.stt.v2.SttService/StreamingRecognize`` over the embedded recogniser.

The only times that this version knows are those of words. To our own client, which relies on them,
an utterance whose words the recogniser does not place goes out as one word, so that it learns at
least where that was. Silence that is settled goes out as an utterance of one empty word.
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
from skdictate.server.session_rules import wrong

SERVICE = "yandex.cloud.ai.stt.v2.SttService"
METHOD = "StreamingRecognize"
RATES_HZ = (8_000, 16_000, 48_000)
FOLDER_ID_LONGEST = 50


class Call(client_call.ClientCall):
    """One client of this version."""

    service = SERVICE
    method = METHOD

    def __init__(self, service: Service, context: Any) -> None:
        super().__init__(service, context)
        self._wanted = pb.RecognitionSpec()
        self._final: pb.SpeechRecognitionChunk | None = None
        """Said, but held back: the end of its utterance goes with it."""
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

    def _settings(self, request: Any | None) -> tuple[Format, Wanted]:
        if request is None or request.WhichOneof("streaming_request") != "config":
            raise wrong("The first message has to be config")
        if len(request.config.folder_id) > FOLDER_ID_LONGEST:
            raise wrong(f"folder_id may have {FOLDER_ID_LONGEST} characters")
        self._wanted = request.config.specification
        sound = self._sound()
        code, known = self._wanted.language_code.lower(), self._service.recogniser.language
        is_public = self._service.rules.is_public
        if code and not is_among([code], known) and not is_public:
            raise wrong(f"This recogniser knows {known} only")  # nothing but an error can say so
        finals = _form(self._wanted)
        return sound, Wanted(
            endpoint=USUAL if is_public else AT_ONCE,
            partials=finals if self._normalizes_partials else Form.RAW,
            finals=finals,
            guesses_word_times=is_public,
        )

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

    def _encode(self, said: SessionOutput) -> pb.StreamingRecognitionResponse | None:
        if self._is_ended:
            return None
        match said.event:
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
        """The utterance with its end; of silence it is one of no words."""
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

    def _alive(self) -> pb.StreamingRecognitionResponse | None:
        """An answer without chunks; some clients in the documentation would stumble over it."""
        if self._service.rules.is_public:
            return None
        return pb.StreamingRecognitionResponse()


class SttService(client_call.Recognition):
    """Serves any number of calls."""

    call = Call


def _form(wanted: pb.RecognitionSpec) -> Form:
    """How finals are written."""
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
