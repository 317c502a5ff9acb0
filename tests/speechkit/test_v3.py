"""What answers become, the malformed ones too."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.audio import Format
from skdictate.core.events import (
    Cursors,
    EndOfUtterance,
    Final,
    Partial,
    Refinement,
    Session,
    Status,
    StatusCode,
    Word,
)
from skdictate.speechkit import v3
from tests.wire.test_golden import FINAL, PARTIAL, REFINEMENT


def test_settings_say_what_the_user_wants() -> None:
    request = v3.settings(Format(8_000), v3.Options(("ru-RU", "en-US")))
    model = request.session_options.recognition_model
    assert model.audio_format.raw_audio.sample_rate_hertz == 8_000
    assert list(model.language_restriction.language_code) == ["ru-RU", "en-US"]
    assert model.language_restriction.restriction_type == pb.LanguageRestrictionOptions.WHITELIST
    assert model.text_normalization.literature_text
    assert model.audio_processing_type == pb.RecognitionModelOptions.REAL_TIME
    plain = v3.settings(Format(8_000), v3.Options(refines=False))
    model = plain.session_options.recognition_model
    disabled = pb.TextNormalizationOptions.TEXT_NORMALIZATION_DISABLED
    assert model.text_normalization.text_normalization == disabled
    assert not model.HasField("language_restriction")


def test_messages_carry_audio_and_ends() -> None:
    assert v3.audio(b"ab").chunk.data == b"ab"
    assert v3.end_of_utterance().WhichOneof("Event") == "eou"


@pytest.mark.parametrize(
    ("response", "events"),
    [
        (
            PARTIAL,
            [Session("u"), Cursors(1200, 1100), Partial("привет", (Word("привет", 100, 900),))],
        ),
        (FINAL, [Cursors(1200, 1200), Final("hi", 0, 1200, (), 1200, 1)]),
        (REFINEMENT, [Refinement(1, "Hi")]),
        (pb.StreamingResponse(eou_update=pb.EouUpdate(time_ms=5)), [EndOfUtterance(5)]),
        (
            pb.StreamingResponse(status_code=pb.StatusCode(code_type=pb.WARNING, message="slow")),
            [Status(StatusCode.WARNING, "slow")],
        ),
        (
            pb.StreamingResponse(status_code=pb.StatusCode(code_type=99)),  # type: ignore[arg-type]
            [Status(StatusCode.WORKING)],
        ),
        (pb.StreamingResponse(partial=pb.AlternativeUpdate()), [Partial("")]),
        (pb.StreamingResponse(final=pb.AlternativeUpdate()), [Final("")]),
        (pb.StreamingResponse(final_refinement=pb.FinalRefinement()), [Refinement(0, "")]),
        (pb.StreamingResponse(summarization=pb.Summarization()), []),
        (pb.StreamingResponse(), []),
    ],
)
def test_every_kind_of_answer_becomes_events(
    response: pb.StreamingResponse, events: list[object]
) -> None:
    assert list(v3.decode(response)) == events


def test_foreign_text_is_made_harmless_where_it_enters() -> None:
    response = pb.StreamingResponse()
    best = response.final.alternatives.add(text="a\x1b[31m b\n c")
    best.words.add(text="\x9b31m")
    (final,) = v3.decode(response)
    assert isinstance(final, Final)
    assert final.text == "a\ufffd[31m b c"
    assert final.words[0].text == "\ufffd31m"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    response = pb.StreamingResponse()
    try:
        response.ParseFromString(data)
    except DecodeError:
        return
    list(v3.decode(response))
