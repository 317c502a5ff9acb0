"""API v2 as a client sees it: real gRPC on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final
from skdictate.errors import ProblemError
from skdictate.server import client_call as calls
from skdictate.server import service_v2 as calls_v2
from skdictate.server.client_session import Cursors, SessionOutput
from skdictate.server.recogniser import Moonshine
from skdictate.server.refinement import normalized
from skdictate.server.session_rules import SessionRules
from skdictate.speechkit import codec_v2
from skdictate.speechkit.backend import SpeechKitSession
from skdictate.speechkit.channel import Endpoint
from tests.conftest import Serving
from tests.support.number_recogniser import EchoRecogniser, count

SOUND = Format(16_000)
Request = pb.StreamingRecognitionRequest
Response = pb.StreamingRecognitionResponse


def settings(*, folder_id: str = "", **specification: Any) -> Request:
    asked: dict[str, Any] = {
        "audio_encoding": pb.RecognitionSpec.LINEAR16_PCM,
        "sample_rate_hertz": 16_000,
        "partial_results": True,
        **specification,
    }
    spec = pb.RecognitionSpec(**asked)
    return Request(config=pb.RecognitionConfig(specification=spec, folder_id=folder_id))


def audio(pcm: bytes, size: int = 3200) -> list[Request]:
    return [Request(audio_content=pcm[i : i + size]) for i in range(0, len(pcm), size)]


async def talk(
    endpoint: Endpoint,
    requests: list[Request],
    *,
    wait_s: float = 0.0,
    metadata: tuple[tuple[str, str], ...] = (),
) -> list[Response]:
    """Send everything, half-close after a while, and collect the answers."""

    async with endpoint.channel() as channel:
        method = channel.stream_stream(
            codec_v2.METHOD,
            request_serializer=Request.SerializeToString,
            response_deserializer=Response.FromString,
        )
        call = method(metadata=metadata)
        link = SpeechKitSession(call, "", codec_v2.Options().codec(SOUND), None)

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


def chunks(responses: list[Response]) -> list[pb.SpeechRecognitionChunk]:
    return [chunk for response in responses for chunk in response.chunks]


def finals(responses: list[Response]) -> Iterator[pb.SpeechRecognitionAlternative]:
    """Of those with words."""
    for chunk in chunks(responses):
        if chunk.final and chunk.alternatives[0].text:
            yield chunk.alternatives[0]


def times(best: pb.SpeechRecognitionAlternative) -> list[tuple[str, int, int]]:
    return [
        (word.word, word.start_time.ToMilliseconds(), word.end_time.ToMilliseconds())
        for word in best.words
    ]


async def test_a_session_says_what_the_service_would(serving: Serving) -> None:
    pcm = count(1, 6, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *audio(pcm)])
    assert not responses[0].chunks, "a client has to expect an answer of nothing"
    first, second = finals(responses)
    assert (first.text, second.text) == ("1 2 3", "4 5 6")
    assert times(first) == [("1", 0, 250), ("2", 250, 500), ("3", 500, 750)]
    assert times(second)[0] == ("4", 1350, 1600)
    said = chunks(responses)
    assert all(chunk.end_of_utterance == chunk.final for chunk in said)
    partials = [chunk.alternatives[0].text for chunk in said if not chunk.final]
    assert all("1 2 3".startswith(text) or "4 5 6".startswith(text) for text in partials)
    assert times(said[-1].alternatives[0]) == [("", 2100, 2700)], "what is silent is settled, too"


async def test_an_utterance_longer_than_a_bite_has_partials(serving: Serving) -> None:
    pcm = count(1, 12, SOUND, gap_s=0, pause_s=0.6, run=12)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *audio(pcm)])
    assert any(not chunk.final and chunk.alternatives[0].text for chunk in chunks(responses))


async def test_partials_are_for_those_who_ask(serving: Serving) -> None:
    pcm = count(1, 6, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(partial_results=False), *audio(pcm)])
    assert [best.text for best in finals(responses)] == ["1 2 3", "4 5 6"]
    assert all(chunk.final for chunk in chunks(responses))


async def test_a_single_utterance_is_the_last_that_is_said(serving: Serving) -> None:
    pcm = bytes(32_000) + count(1, 6, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(single_utterance=True), *audio(pcm)])
    assert [best.text for best in finals(responses)] == ["1 2 3"]
    assert chunks(responses)[-1].end_of_utterance


async def test_an_utterance_without_words_to_tell_goes_out_as_one(
    serving: Serving, beckett: Path
) -> None:
    pcm = beckett.read_bytes()[44:]
    async with serving(Moonshine()) as endpoint:
        plain = list(finals(await talk(endpoint, [settings(), *audio(pcm, 32_000)])))
        literary = settings(literature_text=True, language_code="en-US")
        better = list(finals(await talk(endpoint, [literary, *audio(pcm, 32_000)])))
    assert "ever tried" in " ".join(best.text for best in plain).lower()
    ends_ms = [0]
    for best in plain:
        ((_, start_ms, end_ms),) = times(best)
        assert ends_ms[-1] <= start_ms < end_ms
        ends_ms.append(end_ms)
    assert ends_ms[-1] <= len(pcm) // 32
    assert [normalized(best.text) for best in better] == [best.text for best in plain]
    assert all(best.text[0].isupper() and best.text[-1] in ".?!" for best in better)


def test_a_final_that_another_follows_in_its_utterance_is_not_held_for_ever() -> None:
    with ThreadPoolExecutor(1) as executor:
        call = calls_v2.Call(calls.Service(EchoRecogniser(), executor, SessionRules()), None)
        pieces = [SessionOutput(Final(text, 0, 250), Cursors()) for text in ("one", "two")]
        said = [*pieces, SessionOutput(EndOfUtterance(600), Cursors())]
        answers = [call._encode(it) for it in said]
    assert answers[0] is None
    told = [(c.alternatives[0].text, c.end_of_utterance) for a in answers if a for c in a.chunks]
    assert told == [("one", False), ("two", True)]


async def test_a_long_silence_of_the_client_is_told_that_all_is_well(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "ALIVE_S", 0.05)
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings()], wait_s=0.3)
    assert sum(not response.chunks for response in responses) >= 3


@pytest.mark.parametrize(
    ("requests", "order", "code", "text"),
    [
        ([], {}, "INVALID_ARGUMENT", "first message"),
        (audio(bytes(320)), {}, "INVALID_ARGUMENT", "first message"),
        ([Request()], {}, "INVALID_ARGUMENT", "first message"),
        ([settings(), settings()], {}, "INVALID_ARGUMENT", "audio_content only"),
        ([settings(), Request()], {}, "INVALID_ARGUMENT", "audio_content only"),
        ([settings(sample_rate_hertz=44_100)], {}, "INVALID_ARGUMENT", "sample_rate_hertz"),
        ([settings(audio_encoding=0)], {}, "INVALID_ARGUMENT", "LINEAR16_PCM"),
        ([settings(audio_encoding=3)], {}, "INVALID_ARGUMENT", "LINEAR16_PCM"),
        ([settings(language_code="ru-RU")], {}, "INVALID_ARGUMENT", "recognises only en-US"),
        ([settings(folder_id="f" * 51)], {}, "INVALID_ARGUMENT", "folder_id"),
        (
            [settings(), *audio(bytes(32_000 * 6), 200_000)],
            {"session_s": 5},
            "OUT_OF_RANGE",
            "Exceeded maximum allowed stream duration",
        ),
        (
            [settings(), *audio(bytes(32_000 * 4), 200_000)],
            {"session_bytes": 100_000},
            "OUT_OF_RANGE",
            "size",
        ),
    ],
)
async def test_what_breaks_the_rules_is_refused_in_the_words_of_the_service(
    serving: Serving, requests: list[Request], order: dict[str, Any], code: str, text: str
) -> None:
    async with serving(**order) as endpoint:
        with pytest.raises(ProblemError) as caught:
            await talk(endpoint, requests)
    assert caught.value.problem.detail.startswith(f"{code}: ")
    assert text in caught.value.problem.detail


async def test_a_client_that_sends_nothing_for_too_long_is_ended(serving: Serving) -> None:
    async with serving(idle_s=0.2) as endpoint:
        for requests in ([], [settings()], [settings(), *audio(bytes(320))]):
            with pytest.raises(ProblemError, match="at least one per 5 seconds"):
                await talk(endpoint, requests, wait_s=5)


async def test_a_call_without_the_token_is_turned_away(serving: Serving) -> None:
    async with serving(address="127.0.0.1:0", token="secret") as endpoint:
        with pytest.raises(ProblemError, match="UNAUTHENTICATED"):
            await talk(endpoint, [settings()])
        await talk(endpoint, [settings()], metadata=(("authorization", "Bearer secret"),))
