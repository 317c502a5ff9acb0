"""Bytes that the official stubs make of some messages; ours must make and read the same."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3

OPTIONS = v3.StreamingOptions(
    recognition_model=v3.RecognitionModelOptions(
        model="general",
        audio_format=v3.AudioFormatOptions(
            raw_audio=v3.RawAudio(
                audio_encoding=v3.RawAudio.LINEAR16_PCM,
                sample_rate_hertz=16000,
                audio_channel_count=1,
            )
        ),
        text_normalization=v3.TextNormalizationOptions(
            text_normalization=v3.TextNormalizationOptions.TEXT_NORMALIZATION_ENABLED,
            literature_text=True,
        ),
        language_restriction=v3.LanguageRestrictionOptions(
            restriction_type=v3.LanguageRestrictionOptions.WHITELIST, language_code=["ru-RU"]
        ),
        audio_processing_type=v3.RecognitionModelOptions.REAL_TIME,
    ),
    eou_classifier=v3.EouClassifierOptions(
        default_classifier=v3.DefaultEouClassifier(
            type=v3.DefaultEouClassifier.HIGH, max_pause_between_words_hint_ms=700
        )
    ),
)
EXTERNAL = v3.StreamingOptions(
    eou_classifier=v3.EouClassifierOptions(external_classifier=v3.ExternalEouClassifier())
)
PARTIAL = v3.StreamingResponse(
    session_uuid=v3.SessionUuid(uuid="u", user_request_id="r"),
    audio_cursors=v3.AudioCursors(received_data_ms=1200, partial_time_ms=1100),
    response_wall_time_ms=204,
    partial=v3.AlternativeUpdate(
        alternatives=[
            v3.Alternative(
                text="привет",
                start_time_ms=100,
                end_time_ms=900,
                words=[v3.Word(text="привет", start_time_ms=100, end_time_ms=900)],
            )
        ]
    ),
    channel_tag="0",
)
FINAL = v3.StreamingResponse(
    audio_cursors=v3.AudioCursors(
        received_data_ms=1200, partial_time_ms=1200, final_time_ms=1200, final_index=1
    ),
    final=v3.AlternativeUpdate(
        alternatives=[
            v3.Alternative(
                text="hi",
                end_time_ms=1200,
                confidence=1.0,
                languages=[v3.LanguageEstimation(language_code="en-US", probability=0.5)],
            )
        ]
    ),
)
REFINEMENT = v3.StreamingResponse(
    final_refinement=v3.FinalRefinement(
        final_index=1,
        normalized_text=v3.AlternativeUpdate(alternatives=[v3.Alternative(text="Hi")]),
    )
)
CONFIG = v2.StreamingRecognitionRequest(
    config=v2.RecognitionConfig(
        specification=v2.RecognitionSpec(
            audio_encoding=v2.RecognitionSpec.LINEAR16_PCM,
            sample_rate_hertz=16000,
            language_code="ru-RU",
            profanity_filter=True,
            model="general",
            partial_results=True,
            single_utterance=True,
            audio_channel_count=1,
            raw_results=True,
            literature_text=True,
        ),
        folder_id="f",
    )
)
CHUNKS = v2.StreamingRecognitionResponse(
    chunks=[
        v2.SpeechRecognitionChunk(
            alternatives=[
                v2.SpeechRecognitionAlternative(
                    text="hi", confidence=1.0, words=[v2.WordInfo(word="hi", confidence=1.0)]
                )
            ],
            final=True,
            end_of_utterance=True,
        )
    ]
)
CHUNKS.chunks[0].alternatives[0].words[0].start_time.FromMilliseconds(1500)
CHUNKS.chunks[0].alternatives[0].words[0].end_time.FromMilliseconds(2000)

GOLDEN: list[tuple[Message, str]] = [
    (
        v3.StreamingRequest(session_options=OPTIONS),
        "0a320a270a0767656e6572616c12090a07080110807d18011a04080118012209080112"
        "0572752d5255280112070a05080210bc05",
    ),
    (v3.StreamingRequest(session_options=EXTERNAL), "0a0412021200"),
    (v3.StreamingRequest(chunk=v3.AudioChunk(data=b"\1\2\3\4")), "12060a0401020304"),
    (v3.StreamingRequest(silence_chunk=v3.SilenceChunk(duration_ms=400)), "1a03089003"),
    (v3.StreamingRequest(eou=v3.Eou()), "2200"),
    (v3.StreamingResponse(partial=v3.AlternativeUpdate()), "2200"),
    (
        PARTIAL,
        "0a060a0175120172120608b00918cc0818cc01222a0a280a130a0cd0bfd180d0b8d0b2"
        "d0b5d1821064188407120cd0bfd180d0b8d0b2d0b5d18218642084074a0130",
    ),
    (
        FINAL,
        "120b08b00918b00920b00928012a240a221202686920b00929000000000000f03f3210"
        "0a05656e2d555311000000000000e03f",
    ),
    (REFINEMENT, "3a0a080112060a0412024869"),
    (v3.StreamingResponse(eou_update=v3.EouUpdate(time_ms=1200)), "320310b009"),
    (
        v3.StreamingResponse(status_code=v3.StatusCode(code_type=v3.WORKING, message="ok")),
        "4206080112026f6b",
    ),
    (v3.StreamingResponse(status_code=v3.StatusCode(code_type=v3.CLOSED)), "42020803"),
    (
        CONFIG,
        "0a260a21080110807d1a0572752d525520012a0767656e6572616c38014001480150015801120166",
    ),
    (v2.StreamingRecognitionRequest(audio_content=b"\1\2\3\4"), "120401020304"),
    (
        CHUNKS,
        "0a280a220a026869150000803f1a170a0808011080cab5ee01120208021a026869250000803f10011801",
    ),
]


@pytest.mark.parametrize(("message", "golden"), GOLDEN)
def test_bytes_are_the_official_ones(message: Message, golden: str) -> None:
    assert message.SerializeToString(deterministic=True).hex() == golden
    assert type(message).FromString(bytes.fromhex(golden)) == message
