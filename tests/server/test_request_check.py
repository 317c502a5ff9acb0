"""What the service offers beside the text: accepted, and said to be ignored; or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.errors import Kind, ProblemError
from skdictate.speechkit import codec_v3
from skdictate.speechkit.request_options_v3 import Classifier
from tests.conftest import Serving
from tests.server.test_service_v3 import SOUND, chunks, kinds, talk
from tests.support.number_recogniser import count

PCM = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)


async def test_what_is_not_done_here_is_said_and_the_text_comes_all_the_same(
    serving: Serving,
) -> None:
    options = codec_v3.Options(
        masks_profanity=True,
        ends_utterances=True,
        classifiers=(Classifier("insult"),),
        analyses_speech=True,
        labels_speakers=True,
        summary_prompt="what?",
        model="general:rc",
    )
    requests = [options.codec(SOUND).settings(), *chunks(PCM), pb.StreamingRequest(eou=pb.Eou())]
    async with serving() as endpoint:
        responses = await talk(endpoint, requests)
    warnings = [r.status_code for r in responses if r.status_code.code_type == pb.WARNING]
    assert [warning.message for warning in warnings] == [
        "This server ignores recognition_classifier, speech_analysis, speaker_labeling, "
        "summarization, profanity_filter, audio_processing_type"
    ]
    assert "final_refinement" in kinds(responses)
    assert [r.final.alternatives[0].text for r in responses if r.HasField("final")] == ["1 2 3"]


async def test_what_is_done_here_gives_no_warning(serving: Serving) -> None:
    options = codec_v3.Options(sensitivity="high", max_pause_ms=500, formats_phones=False)
    async with serving() as endpoint:
        responses = await talk(endpoint, [options.codec(SOUND).settings(), *chunks(PCM)])
    assert {r.status_code.code_type for r in responses if r.HasField("status_code")} == {pb.WORKING}


def _quantiles(request: pb.StreamingRequest) -> None:
    request.session_options.speech_analysis.descriptive_statistics_quantiles.extend([0.5, 1.0])


def _instructions(request: pb.StreamingRequest) -> None:
    for _ in range(17):
        request.session_options.summarization.properties.add(instruction="what?")


@pytest.mark.parametrize("spoil", [_quantiles, _instructions])
async def test_what_the_contract_forbids_is_refused(
    serving: Serving, spoil: Callable[[pb.StreamingRequest], None]
) -> None:
    request = codec_v3.Options().codec(SOUND).settings()
    spoil(request)
    async with serving() as endpoint:
        with pytest.raises(ProblemError) as caught:
            await talk(endpoint, [request, *chunks(PCM)])
    assert (caught.value.problem.kind, caught.value.problem.is_permanent) == (Kind.SERVICE, True)
    assert "INVALID_ARGUMENT" in caught.value.problem.detail
