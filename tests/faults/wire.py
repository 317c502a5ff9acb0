"""What the rig's recogniser says and hears, in the messages of either version of the API."""

from __future__ import annotations

from typing import Any, Protocol

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement
from tests.faults.fake_recogniser import Said

V3 = "/speechkit.stt.v3.Recognizer/RecognizeStreaming"
V2 = "/yandex.cloud.ai.stt.v2.SttService/StreamingRecognize"


class Wire(Protocol):
    """One session's messages."""

    def sound(self, first: bytes) -> Format:
        """What the first message says will come."""

    def audio(self, request: bytes) -> bytes | None:
        """The samples of a message; None if it ends the utterance."""

    def answer(self, said: Said) -> bytes | None:
        """What was said; None where there is nothing for it."""

    def alive(self) -> bytes:
        """A sign of life."""


class WireV3:
    """API v3."""

    def sound(self, first: bytes) -> Format:
        model = v3.StreamingRequest.FromString(first).session_options.recognition_model
        return Format(int(model.audio_format.raw_audio.sample_rate_hertz))

    def audio(self, request: bytes) -> bytes | None:
        message = v3.StreamingRequest.FromString(request)
        return None if message.HasField("eou") else bytes(message.chunk.data)

    def answer(self, said: Said) -> bytes | None:
        response = v3.StreamingResponse()
        response.session_uuid.uuid = "rig"
        cursors = response.audio_cursors
        cursors.received_data_ms = cursors.partial_time_ms = said.heard_ms
        cursors.final_time_ms = said.final_ms
        cursors.final_index = max(0, said.n_finals - 1)
        match said.event:
            case Partial(text, words):
                _add(response.partial, text, words)
            case Final(text, start_ms, end_ms, words, _, index):
                best = _add(response.final, text, words)
                best.start_time_ms, best.end_time_ms = start_ms, end_ms
                cursors.final_index = index or 0
            case Refinement(index, text):
                response.final_refinement.final_index = index
                _add(response.final_refinement.normalized_text, text, ())
            case EndOfUtterance(time_ms):
                response.eou_update.time_ms = time_ms
        return response.SerializeToString()

    def alive(self) -> bytes:
        status = v3.StatusCode(code_type=v3.WORKING)
        return v3.StreamingResponse(status_code=status).SerializeToString()


class WireV2:
    """API v2: a final, and in it the end of its utterance; of silence nothing is said."""

    def sound(self, first: bytes) -> Format:
        wanted = v2.StreamingRecognitionRequest.FromString(first).config.specification
        return Format(int(wanted.sample_rate_hertz))

    def audio(self, request: bytes) -> bytes | None:
        return bytes(v2.StreamingRecognitionRequest.FromString(request).audio_content)

    def answer(self, said: Said) -> bytes | None:
        chunk = v2.SpeechRecognitionChunk()
        match said.event:
            case Partial(text):
                chunk.alternatives.add(text=text, confidence=1.0)
            case Final(text, _, _, words):
                best = chunk.alternatives.add(text=text, confidence=1.0)
                for word in words:
                    info = best.words.add(word=word.text, confidence=1.0)
                    info.start_time.FromMilliseconds(word.start_ms)
                    info.end_time.FromMilliseconds(word.end_ms)
                chunk.final = True
                chunk.end_of_utterance = said.is_end
            case _:
                return None
        return v2.StreamingRecognitionResponse(chunks=[chunk]).SerializeToString()

    def alive(self) -> bytes:
        return v2.StreamingRecognitionResponse().SerializeToString()


WIRES: dict[str, Any] = {V3: WireV3, V2: WireV2}


def _add(update: Any, text: str, words: Any) -> Any:
    best = update.alternatives.add(text=text)
    for word in words:
        best.words.add(text=word.text, start_time_ms=word.start_ms, end_time_ms=word.end_ms)
    return best
