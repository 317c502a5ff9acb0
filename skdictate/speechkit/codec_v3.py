"""The codec of API v3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from google.protobuf.message import DecodeError

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Event,
    Final,
    Partial,
    Refinement,
    ServerStatus,
    SessionNamed,
    StatusCode,
    Word,
)
from skdictate.errors import ProblemError
from skdictate.speechkit import findings_v3 as findings
from skdictate.speechkit.codec import LONGEST_TEXT
from skdictate.speechkit.request_options_v3 import RequestOptions
from skdictate.speechkit.session_options_v3 import settings
from skdictate.speechkit.status_problems import MALFORMED_ANSWER
from skdictate.text.clean_text import clean

METHOD = "/speechkit.stt.v3.Recognizer/RecognizeStreaming"
MOST_WORDS = 10_000
"""In one update; five minutes of speech have fewer than a thousand."""
LONGEST_WORD = 200
_CODES = {
    pb.WORKING: StatusCode.WORKING,
    pb.WARNING: StatusCode.WARNING,
    pb.CLOSED: StatusCode.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Options(RequestOptions):
    """The options of API v3."""

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        """The codec of a new session; the folder id is sent as metadata."""
        return Codec(sound, self)


class Codec:
    """The messages of one session; see ``codec.Codec``."""

    method = METHOD

    def __init__(self, sound: Format, options: RequestOptions) -> None:
        self._format = sound
        self._options = options

    def settings(self) -> pb.StreamingRequest:
        """The first message."""
        return settings(self._format, self._options)

    def audio(self, pcm: bytes) -> pb.StreamingRequest:
        """A message with samples (s16le)."""
        return pb.StreamingRequest(chunk=pb.AudioChunk(data=pcm))

    def silence(self, n_samples: int) -> pb.StreamingRequest:
        """A message that stands for silence or contains it, depending on the options."""
        if self._options.names_silence:
            duration_ms = self._format.ms(n_samples)
            return pb.StreamingRequest(silence_chunk=pb.SilenceChunk(duration_ms=duration_ms))
        return self.audio(bytes(self._format.size_bytes(n_samples)))

    def end_of_utterance(self) -> pb.StreamingRequest:
        """The message that ends an utterance."""
        return pb.StreamingRequest(eou=pb.Eou())

    def decode(self, response: pb.StreamingResponse) -> Iterator[Event]:
        """The events in an answer, in order; none for an answer of an unknown kind."""
        if response.session_uuid.uuid:
            yield SessionNamed(clean(response.session_uuid.uuid))
        cursors = response.audio_cursors
        if response.HasField("audio_cursors"):
            yield Cursors(cursors.received_data_ms, cursors.partial_time_ms)
        match response.WhichOneof("Event"):
            case "partial":
                yield _partial(response.partial)
            case "final":
                yield _labelled(_final(response), response, self._options)
            case "final_refinement":
                text = _best(response.final_refinement.normalized_text).text
                text = clean(text, LONGEST_TEXT)
                yield Refinement(response.final_refinement.final_index, text)
            case "eou_update":
                yield EndOfUtterance(response.eou_update.time_ms)
            case "status_code":
                code = _CODES.get(response.status_code.code_type, StatusCode.WORKING)
                yield ServerStatus(code, clean(response.status_code.message))
            case _:
                yield from findings.found(response)

    @staticmethod
    def pack(request: pb.StreamingRequest) -> bytes:
        """Serialise a message."""
        return request.SerializeToString()

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingResponse:
        """Parse an answer."""
        try:
            return pb.StreamingResponse.FromString(data)
        except DecodeError as error:
            raise ProblemError(MALFORMED_ANSWER) from error


def _partial(update: pb.AlternativeUpdate) -> Partial:
    best = _best(update)
    return Partial(clean(best.text, LONGEST_TEXT), _words(best))


def _final(response: pb.StreamingResponse) -> Final:
    best = _best(response.final)
    has_cursors = response.HasField("audio_cursors")
    return Final(
        clean(best.text, LONGEST_TEXT),
        best.start_time_ms,
        best.end_time_ms,
        _words(best),
        response.audio_cursors.final_time_ms,
        response.audio_cursors.final_index if has_cursors else None,
    )


def _labelled(final: Final, response: pb.StreamingResponse, options: RequestOptions) -> Final:
    """Add the speaker and the languages if the user asked for them.

    The service may send them anyway.
    """
    if options.labels_speakers:
        final = replace(final, speaker=clean(response.channel_tag) or "0")
    if options.labels_languages:
        final = replace(final, languages=findings.languages(_best(response.final).languages))
    return final


def _best(update: pb.AlternativeUpdate) -> pb.Alternative:
    return update.alternatives[0] if update.alternatives else pb.Alternative()


def _words(best: pb.Alternative) -> tuple[Word, ...]:
    return tuple(
        Word(clean(word.text, LONGEST_WORD), word.start_time_ms, word.end_time_ms)
        for word in best.words[:MOST_WORDS]
    )
