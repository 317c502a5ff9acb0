"""The server as a client sees it: real gRPC on a real socket."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.server import client_call
from skdictate.server.recogniser import Moonshine
from skdictate.speechkit import codec_v3
from skdictate.speechkit.backend import SpeechKitSession
from skdictate.speechkit.channel import Endpoint
from tests.conftest import Serving
from tests.support.number_recogniser import count

SOUND = Format(16_000)


def settings(
    rate_hz: int = 16_000, *, refines: bool = True, languages: tuple[str, ...] = ()
) -> pb.StreamingRequest:
    request = pb.StreamingRequest()
    model = request.session_options.recognition_model
    raw = model.audio_format.raw_audio
    raw.audio_encoding = pb.RawAudio.LINEAR16_PCM
    raw.sample_rate_hertz = rate_hz
    raw.audio_channel_count = 1
    mode = pb.TextNormalizationOptions.TextNormalization
    model.text_normalization.text_normalization = (
        mode.TEXT_NORMALIZATION_ENABLED if refines else mode.TEXT_NORMALIZATION_DISABLED
    )
    model.language_restriction.language_code.extend(languages)
    return request


def chunks(pcm: bytes, size: int = 3200) -> list[pb.StreamingRequest]:
    return [
        pb.StreamingRequest(chunk=pb.AudioChunk(data=pcm[i : i + size]))
        for i in range(0, len(pcm), size)
    ]


async def talk(
    endpoint: Endpoint,
    requests: list[pb.StreamingRequest],
    *,
    wait_s: float = 0.0,
    metadata: tuple[tuple[str, str], ...] = (),
) -> list[Any]:
    """Send everything, half-close after a while, and collect the answers."""
    async with endpoint.channel() as channel:
        method = channel.stream_stream(
            "/speechkit.stt.v3.Recognizer/RecognizeStreaming",
            request_serializer=pb.StreamingRequest.SerializeToString,
            response_deserializer=pb.StreamingResponse.FromString,
        )
        call = method(metadata=metadata)
        link = SpeechKitSession(call, "", codec_v3.Options().codec(SOUND), None)

        async def send() -> None:
            with suppress(ProblemError):  # whoever reads is told why
                for request in requests:
                    await link.write(request)
                await asyncio.sleep(wait_s)
                await link.finish()

        sending = asyncio.ensure_future(send())
        responses = []
        try:
            while (response := await link._read()) is not grpc.aio.EOF:
                responses.append(response)
        finally:
            sending.cancel()
            call.cancel()
        return responses


def kinds(responses: list[Any]) -> list[str]:
    return [response.WhichOneof("Event") for response in responses]


async def test_a_session_says_what_the_service_would_in_the_same_order(serving: Serving) -> None:
    pcm = count(1, 6, SOUND, gap_s=0, pause_s=0.6, run=3)
    metadata = (("x-client-request-id", "mine"),)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *chunks(pcm)], metadata=metadata)
    said = [kind for kind in kinds(responses) if kind not in ("partial", "status_code")]
    utterance = ["final", "final_refinement", "eou_update"]
    assert said == [*utterance, *utterance, "final", "eou_update"]
    assert kinds(responses)[0] == "status_code"
    finals = [r for r in responses if r.WhichOneof("Event") == "final"]
    assert [f.final.alternatives[0].text for f in finals] == ["1 2 3", "4 5 6", ""]
    assert [f.audio_cursors.final_index for f in finals] == [0, 1, 2]
    assert finals[0].final.alternatives[0].words[1].start_time_ms == 250
    assert responses[-1].audio_cursors.received_data_ms == 2700
    assert {r.session_uuid.user_request_id for r in responses} == {"mine"}
    assert len({r.session_uuid.uuid for r in responses}) == 1
    assert responses[-1].audio_cursors.partial_time_ms == 2700


async def test_an_utterance_ends_where_the_client_says_so(serving: Serving) -> None:
    pcm = count(1, 6, SOUND, gap_s=0, pause_s=0, run=3)
    end = pb.StreamingRequest(eou=pb.Eou())
    half = len(pcm) // 2
    async with serving() as endpoint:
        requests = [settings(), *chunks(pcm[:half]), end, *chunks(pcm[half:]), end]
        responses = await talk(endpoint, requests)
    finals = [r.final for r in responses if r.WhichOneof("Event") == "final"]
    assert [f.alternatives[0].text for f in finals] == ["1 2 3", "4 5 6"]
    assert [f.alternatives[0].words[0].start_time_ms for f in finals] == [0, 750]
    ends = [r.eou_update.time_ms for r in responses if r.WhichOneof("Event") == "eou_update"]
    assert ends == [750, 1500]


async def test_without_normalisation_there_is_no_refinement(serving: Serving) -> None:
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(refines=False), *chunks(pcm)])
    assert "final" in kinds(responses)
    assert "final_refinement" not in kinds(responses)


async def test_an_unknown_language_is_warned_of(serving: Serving) -> None:
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(languages=("ru-RU",))])
        assert responses[1].status_code.code_type == pb.WARNING
        responses = await talk(endpoint, [settings(languages=("EN-us", "ru-RU"))])
        assert all(r.status_code.code_type == pb.WORKING for r in responses)


async def test_a_long_silence_of_the_client_is_told_that_all_is_well(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_call, "ALIVE_S", 0.05)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings()], wait_s=0.3)
    assert kinds(responses).count("status_code") >= 3


async def test_silence_can_be_sent_as_a_number(serving: Serving) -> None:
    words = chunks(count(1, 2, SOUND, gap_s=0, pause_s=0, run=9))
    silence = pb.StreamingRequest(silence_chunk=pb.SilenceChunk(duration_ms=700))
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *words, silence, *words])
    finals = [r.final.alternatives[0] for r in responses if r.WhichOneof("Event") == "final"]
    assert [final.start_time_ms for final in finals] == [0, 1200]


@pytest.mark.parametrize(
    ("requests", "order", "code", "text"),
    [
        ([], {}, "INVALID_ARGUMENT", "first message"),
        (chunks(bytes(320)), {}, "INVALID_ARGUMENT", "first message"),
        ([settings(), settings()], {}, "INVALID_ARGUMENT", "first message only"),
        ([settings(44)], {}, "INVALID_ARGUMENT", "sample_rate_hertz"),
        (
            [settings(), *chunks(bytes(32_000 * 6))],
            {"session_s": 5},
            "OUT_OF_RANGE",
            "Exceeded maximum allowed stream duration",
        ),
        (
            [settings(), *chunks(bytes(32_000 * 4))],
            {"session_bytes": 100_000},
            "OUT_OF_RANGE",
            "size",
        ),
    ],
)
async def test_what_breaks_the_rules_is_refused_in_the_words_of_the_service(
    serving: Serving,
    requests: list[pb.StreamingRequest],
    order: dict[str, Any],
    code: str,
    text: str,
) -> None:
    async with serving(**order) as endpoint:
        with pytest.raises(ProblemError) as caught:
            await talk(endpoint, requests)
    assert caught.value.problem.detail.startswith(f"{code}: ")
    assert text in caught.value.problem.detail


async def test_a_client_that_sends_nothing_for_too_long_is_ended(serving: Serving) -> None:
    async with serving(idle_s=0.2) as endpoint:
        for requests in ([], [settings()], [settings(), *chunks(bytes(320))]):
            with pytest.raises(ProblemError, match="at least one per 5 seconds"):
                await talk(endpoint, requests, wait_s=5)


async def test_a_format_that_is_not_raw_is_refused(serving: Serving) -> None:
    request = pb.StreamingRequest()
    options = request.session_options.recognition_model.audio_format
    options.container_audio.container_audio_type = pb.ContainerAudio.OGG_OPUS
    stereo = settings()
    stereo.session_options.recognition_model.audio_format.raw_audio.audio_channel_count = 2
    unnamed = settings()
    raw = unnamed.session_options.recognition_model.audio_format.raw_audio
    raw.audio_encoding = pb.RawAudio.AUDIO_ENCODING_UNSPECIFIED
    async with serving() as endpoint:
        for refused in (request, stereo, unnamed):
            with pytest.raises(ProblemError, match="INVALID_ARGUMENT"):
                await talk(endpoint, [refused])


async def test_a_client_that_vanishes_leaves_the_server_well(serving: Serving) -> None:
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with serving() as endpoint:
        for _ in range(20):
            task = asyncio.ensure_future(talk(endpoint, [settings(), *chunks(pcm)], wait_s=5))
            await asyncio.sleep(0.01)
            task.cancel()
        assert "final" in kinds(await talk(endpoint, [settings(), *chunks(pcm)]))


async def test_several_sessions_share_one_model(serving: Serving, beckett: Path) -> None:
    pcm = beckett.read_bytes()[44:]
    async with serving(Moonshine()) as endpoint:
        requests = [settings(), *chunks(pcm, 32_000)]
        both = await asyncio.gather(talk(endpoint, requests), talk(endpoint, requests))
    for responses in both:
        finals = [r.final.alternatives[0].text for r in responses if r.HasField("final")]
        assert "ever tried" in " ".join(finals).lower()
        assert "partial" in kinds(responses)


async def test_a_call_without_the_token_is_turned_away(serving: Serving) -> None:
    async with serving(address="127.0.0.1:0", token="secret") as endpoint:
        for metadata in ((), (("authorization", "Bearer other"),)):
            with pytest.raises(ProblemError, match="UNAUTHENTICATED"):
                await talk(endpoint, [settings()], metadata=metadata)
        await talk(endpoint, [settings()], metadata=(("authorization", "Bearer secret"),))


async def test_the_socket_is_in_a_private_folder(serving: Serving) -> None:
    async with serving() as endpoint:
        folder = Path(endpoint.target.removeprefix("unix:")).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.getuid()


async def test_a_client_that_sends_faster_than_is_heard_feels_it(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_call, "FULL_S", 0.5)
    pcm = count(1, 80, SOUND, gap_s=0, pause_s=0.4, run=8)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *chunks(pcm)])
    texts = [r.final.alternatives[0].text for r in responses if r.HasField("final")]
    assert " ".join(texts).split() == [str(n) for n in range(1, 81)]
