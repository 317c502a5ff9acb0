"""What answers become, the malformed ones too."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Final,
    Partial,
    Refinement,
    ServerStatus,
    SessionNamed,
    StatusCode,
    Word,
)
from skdictate.core.findings import Classified, Conversed, Label, Spoken, Summarised, Window
from skdictate.speechkit import codec_v3
from skdictate.speechkit.findings_v3 import MOST_TEXTS
from tests.wire.test_golden import FINAL, PARTIAL, REFINEMENT

CODEC = codec_v3.Options().codec(Format(16_000))


def test_settings_say_what_the_user_wants() -> None:
    request = codec_v3.Options(("ru-RU", "en-US")).codec(Format(8_000)).settings()
    model = request.session_options.recognition_model
    assert model.audio_format.raw_audio.sample_rate_hertz == 8_000
    assert list(model.language_restriction.language_code) == ["ru-RU", "en-US"]
    assert model.language_restriction.restriction_type == pb.LanguageRestrictionOptions.WHITELIST
    assert model.text_normalization.literature_text
    assert model.audio_processing_type == pb.RecognitionModelOptions.REAL_TIME
    plain = codec_v3.Options(refines=False).codec(Format(8_000)).settings()
    model = plain.session_options.recognition_model
    disabled = pb.TextNormalizationOptions.TEXT_NORMALIZATION_DISABLED
    assert model.text_normalization.text_normalization == disabled
    assert not model.HasField("language_restriction")


def test_messages_carry_audio_and_ends() -> None:
    assert CODEC.audio(b"ab").chunk.data == b"ab"
    assert CODEC.end_of_utterance().WhichOneof("Event") == "eou"


def test_silence_goes_out_as_sound_or_as_its_length() -> None:
    assert CODEC.silence(1600).chunk.data == bytes(3200)
    named = codec_v3.Options(names_silence=True).codec(Format(8_000)).silence(1600)
    assert (named.silence_chunk.duration_ms, named.chunk.data) == (200, b"")


@pytest.mark.parametrize(
    ("response", "events"),
    [
        (
            PARTIAL,
            [
                SessionNamed("u"),
                Cursors(1200, 1100),
                Partial("привет", (Word("привет", 100, 900),)),
            ],
        ),
        (FINAL, [Cursors(1200, 1200), Final("hi", 0, 1200, (), 1200, 1)]),
        (REFINEMENT, [Refinement(1, "Hi")]),
        (pb.StreamingResponse(eou_update=pb.EouUpdate(time_ms=5)), [EndOfUtterance(5)]),
        (
            pb.StreamingResponse(status_code=pb.StatusCode(code_type=pb.WARNING, message="slow")),
            [ServerStatus(StatusCode.WARNING, "slow")],
        ),
        (
            pb.StreamingResponse(status_code=pb.StatusCode(code_type=99)),  # type: ignore[arg-type]
            [ServerStatus(StatusCode.WORKING)],
        ),
        (pb.StreamingResponse(partial=pb.AlternativeUpdate()), [Partial("")]),
        (pb.StreamingResponse(final=pb.AlternativeUpdate()), [Final("")]),
        (pb.StreamingResponse(final_refinement=pb.FinalRefinement()), [Refinement(0, "")]),
        (pb.StreamingResponse(summarization=pb.Summarization()), [Summarised(())]),
        (
            pb.StreamingResponse(classifier_update=pb.RecognitionClassifierUpdate()),
            [Classified(0, 0, Window.UNKNOWN, "")],
        ),
        (
            pb.StreamingResponse(speaker_analysis=pb.SpeakerAnalysis()),
            [Spoken(0, 0, Window.UNKNOWN, "")],
        ),
        (
            pb.StreamingResponse(conversation_analysis=pb.ConversationAnalysis()),
            [Conversed(0, 0)],
        ),
        (pb.StreamingResponse(), []),
    ],
)
def test_every_kind_of_answer_becomes_events(
    response: pb.StreamingResponse, events: list[object]
) -> None:
    assert list(CODEC.decode(response)) == events


def test_foreign_text_is_made_harmless_where_it_enters() -> None:
    response = pb.StreamingResponse()
    best = response.final.alternatives.add(text="a\x1b[31m b\n c")
    best.words.add(text="\x9b31m")
    (final,) = CODEC.decode(response)
    assert isinstance(final, Final)
    assert final.text == "a\ufffd[31m b c"
    assert final.words[0].text == "\ufffd31m"


@pytest.mark.parametrize(
    ("options", "speaker", "languages"),
    [
        (codec_v3.Options(), "", ()),
        (codec_v3.Options(("en-US",)), "", ()),
        (codec_v3.Options(labels_speakers=True), "0", ()),
        (codec_v3.Options(("auto",)), "", (Label("en-US", 0.5),)),
        (codec_v3.Options(("ru-RU", "en-US")), "", (Label("en-US", 0.5),)),
    ],
)
def test_labels_are_passed_on_where_there_is_something_to_tell_apart(
    options: codec_v3.Options, speaker: str, languages: tuple[Label, ...]
) -> None:
    response = pb.StreamingResponse(channel_tag="0")
    response.MergeFrom(FINAL)
    final = list(options.codec(Format(16_000)).decode(response))[-1]
    assert isinstance(final, Final)
    assert (final.speaker, final.languages) == (speaker, languages)


def test_what_is_found_is_made_harmless_and_has_an_end() -> None:
    response = pb.StreamingResponse()
    update = response.classifier_update
    update.classifier_result.classifier = "a\x1b[31m"
    update.end_time_ms = -(2**63)
    for _ in range(MOST_TEXTS + 1):
        update.classifier_result.labels.add(label="b\n\x07", confidence=float("nan"))
    (found,) = CODEC.decode(response)
    assert isinstance(found, Classified)
    assert found.classifier == "a\ufffd[31m"
    assert found.labels == (Label("b \ufffd", 0.0),) * MOST_TEXTS


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    response = pb.StreamingResponse()
    try:
        response.ParseFromString(data)
    except DecodeError:
        return
    list(CODEC.decode(response))
