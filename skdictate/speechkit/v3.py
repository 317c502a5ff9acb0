"""API v3 on the wire: settings and audio out, events in. The only file of the client that knows
its messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.audio import Format
from skdictate.core.clean import clean
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Event,
    Final,
    Partial,
    Refinement,
    Session,
    Status,
    StatusCode,
    Word,
)

METHOD = "/speechkit.stt.v3.Recognizer/RecognizeStreaming"
MOST_WORDS = 10_000
"""In one update; five minutes of speech have under a thousand."""
_CODES = {
    pb.WORKING: StatusCode.WORKING,
    pb.WARNING: StatusCode.WARNING,
    pb.CLOSED: StatusCode.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants of the recogniser."""

    languages: tuple[str, ...] = ()
    """Codes as ``en-US``; empty for the service's own choice."""
    refines: bool = True
    """Numbers as digits, capitals and punctuation, in a refinement after each final."""


def settings(sound: Format, options: Options) -> pb.StreamingRequest:
    """The first message of a session."""
    model = pb.RecognitionModelOptions(
        audio_format=pb.AudioFormatOptions(
            raw_audio=pb.RawAudio(
                audio_encoding=pb.RawAudio.LINEAR16_PCM,
                sample_rate_hertz=sound.rate_hz,
                audio_channel_count=1,
            )
        ),
        text_normalization=pb.TextNormalizationOptions(
            text_normalization=pb.TextNormalizationOptions.TEXT_NORMALIZATION_ENABLED
            if options.refines
            else pb.TextNormalizationOptions.TEXT_NORMALIZATION_DISABLED,
            literature_text=options.refines,
        ),
        audio_processing_type=pb.RecognitionModelOptions.REAL_TIME,
    )
    if options.languages:
        model.language_restriction.restriction_type = pb.LanguageRestrictionOptions.WHITELIST
        model.language_restriction.language_code.extend(options.languages)
    return pb.StreamingRequest(session_options=pb.StreamingOptions(recognition_model=model))


def audio(pcm: bytes) -> pb.StreamingRequest:
    """A message of samples."""
    return pb.StreamingRequest(chunk=pb.AudioChunk(data=pcm))


def end_of_utterance() -> pb.StreamingRequest:
    """The message that ends an utterance."""
    return pb.StreamingRequest(eou=pb.Eou())


def decode(response: pb.StreamingResponse) -> Iterator[Event]:
    """The events in an answer; none in an answer that this program does not know."""
    if response.session_uuid.uuid:
        yield Session(clean(response.session_uuid.uuid))
    cursors = response.audio_cursors
    if response.HasField("audio_cursors"):
        yield Cursors(cursors.received_data_ms, cursors.partial_time_ms)
    match response.WhichOneof("Event"):
        case "partial":
            yield _partial(response.partial)
        case "final":
            yield _final(response)
        case "final_refinement":
            text = _best(response.final_refinement.normalized_text).text
            yield Refinement(response.final_refinement.final_index, clean(text))
        case "eou_update":
            yield EndOfUtterance(response.eou_update.time_ms)
        case "status_code":
            code = _CODES.get(response.status_code.code_type, StatusCode.WORKING)
            yield Status(code, clean(response.status_code.message))


def _partial(update: pb.AlternativeUpdate) -> Partial:
    best = _best(update)
    return Partial(clean(best.text), _words(best))


def _final(response: pb.StreamingResponse) -> Final:
    best = _best(response.final)
    has_cursors = response.HasField("audio_cursors")
    return Final(
        clean(best.text),
        best.start_time_ms,
        best.end_time_ms,
        _words(best),
        response.audio_cursors.final_time_ms,
        response.audio_cursors.final_index if has_cursors else None,
    )


def _best(update: pb.AlternativeUpdate) -> pb.Alternative:
    return update.alternatives[0] if update.alternatives else pb.Alternative()


def _words(best: pb.Alternative) -> tuple[Word, ...]:
    return tuple(
        Word(clean(word.text), word.start_time_ms, word.end_time_ms)
        for word in best.words[:MOST_WORDS]
    )
