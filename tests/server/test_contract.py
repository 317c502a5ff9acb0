"""What the contract says of a session, beyond its order: what a client asks for has its effect."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from itertools import pairwise
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.server.recogniser import Moonshine
from skdictate.server.session_rules import SessionRules
from tests.conftest import Serving
from tests.server import test_service_v2
from tests.server.clients import call_on, session
from tests.server.conftest import Hosting
from tests.server.test_service_v3 import SOUND, chunks, settings, talk
from tests.support.number_recogniser import EchoRecogniser, count

END = pb.StreamingRequest(eou=pb.Eou())
PUBLIC = SessionRules(is_public=True)


async def ask(hosting: Hosting, requests: list[Any], load: Any = EchoRecogniser) -> list[Any]:
    """What a server for other programs answers."""
    async with hosting(load, rules=PUBLIC) as hosted, hosted.channel() as channel:
        return [response async for response in call_on(channel, requests=requests)]


def ends_ms(responses: list[Any]) -> list[int]:
    return [r.eou_update.time_ms for r in responses if r.HasField("eou_update")]


def texts(responses: list[Any]) -> list[str]:
    said = (r.final.alternatives[0].text for r in responses if r.HasField("final"))
    return [text for text in said if text]


def warnings(responses: list[Any]) -> list[str]:
    codes = (r.status_code for r in responses if r.HasField("status_code"))
    return [code.message for code in codes if code.code_type == pb.WARNING]


def with_default(**classifier: Any) -> pb.StreamingRequest:
    request = settings()
    default = pb.DefaultEouClassifier(**classifier)
    request.session_options.eou_classifier.default_classifier.CopyFrom(default)
    return request


def with_external() -> pb.StreamingRequest:
    request = settings()
    request.session_options.eou_classifier.external_classifier.SetInParent()
    return request


TWO = chunks(count(1, 6, SOUND, gap_s=0, pause_s=1, run=3))
"""1 2 3, a second of silence, 4 5 6, a second of silence."""
HIGH = pb.DefaultEouClassifier.HIGH


@pytest.mark.parametrize(
    ("classifier", "said"),
    [
        ({}, ["1 2 3", "4 5 6"]),
        ({"type": HIGH}, ["1 2 3", "4 5 6"]),
        ({"max_pause_between_words_hint_ms": 700}, ["1 2 3", "4 5 6"]),
        ({"max_pause_between_words_hint_ms": 1500}, ["1 2 3 4 5 6"]),
        ({"max_pause_between_words_hint_ms": 1500, "type": HIGH}, ["1 2 3", "4 5 6"]),
    ],
)
async def test_the_pause_that_a_client_expects_ends_no_utterance(
    hosting: Hosting, classifier: dict[str, Any], said: list[str]
) -> None:
    responses = await ask(hosting, [with_default(**classifier), *TWO])
    assert (texts(responses), warnings(responses)) == (said, [])


async def test_real_speech_has_more_ends_the_more_sensitive_the_classifier_is(
    hosting: Hosting, beckett: Any
) -> None:
    sound = chunks(beckett.read_bytes()[44:], 32_000)
    wanted = [
        with_default(type=HIGH),
        with_default(),
        with_default(max_pause_between_words_hint_ms=5000),
    ]
    n_ends = [len(ends_ms(await ask(hosting, [it, *sound], Moonshine))) for it in wanted]
    assert n_ends[0] > n_ends[1] > n_ends[2]


@pytest.mark.parametrize(
    ("classifier", "said"),
    [
        ({}, ["1 2 3", "4 5 6"]),
        ({"type": HIGH, "max_pause_between_words_hint_ms": 500}, ["1 2 3", "4 5 6"]),
        ({"max_pause_between_words_hint_ms": 4000}, ["1 2 3 4 5 6"]),
    ],
)
async def test_our_own_client_has_its_finals_at_once_unless_it_is_patient(
    serving: Serving, classifier: dict[str, Any], said: list[str]
) -> None:
    brief = chunks(count(1, 6, SOUND, gap_s=0, pause_s=0.35, run=3))
    async with serving() as endpoint:
        assert texts(await talk(endpoint, [with_default(**classifier), *brief])) == said


async def test_a_pause_cannot_be_negative(hosting: Hosting) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="max_pause_between_words_hint_ms") as caught:
        await ask(hosting, [with_default(max_pause_between_words_hint_ms=-1)])
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_where_the_client_ends_utterances_the_server_does_not(hosting: Hosting) -> None:
    responses = await ask(hosting, [with_external(), *TWO, END, *TWO[:5], END])
    assert texts(responses) == ["1 2 3 4 5 6", "1 2"]
    assert ends_ms(responses) == [3500, 4000]
    ends = [r.audio_cursors for r in responses if r.HasField("eou_update")]
    assert [it.eou_time_ms for it in ends] == [it.final_time_ms for it in ends] == [3500, 4000]
    assert warnings(responses) == []


async def test_an_end_is_answered_though_nothing_follows_it(hosting: Hosting) -> None:
    async with hosting(rules=PUBLIC) as hosted, hosted.channel() as channel:
        call = call_on(channel)
        for request in [with_external(), *TWO[:8], END]:
            await call.write(request)
        responses = [await call.read()]
        while not responses[-1].HasField("eou_update"):
            responses.append(await call.read())
        assert (texts(responses), ends_ms(responses)) == (["1 2 3"], [800])
        for request in [END, *TWO[:5], END]:
            await call.write(request)
        await call.done_writing()
        more = []
        while (response := await call.read()) is not grpc.aio.EOF:
            more.append(response)
    assert (texts(more), ends_ms(more)) == (["1 2"], [1300])


async def test_an_end_is_for_those_who_asked_for_the_external_classifier(hosting: Hosting) -> None:
    plain = await ask(hosting, [settings(), *TWO])
    with_ends = [it for chunk in TWO for it in (chunk, END)]
    responses = await ask(hosting, [settings(), *with_ends])
    assert texts(responses) == texts(plain) == ["1 2 3", "4 5 6"]
    assert ends_ms(responses) == ends_ms(plain)


async def test_our_own_client_may_end_an_utterance_at_any_time(serving: Serving) -> None:
    async with serving() as endpoint:
        responses = await talk(endpoint, [settings(), *TWO[:5], END, *TWO[5:]])
    assert texts(responses)[:2] == ["1 2", "3"]


@pytest.mark.parametrize("classifier", [settings, with_external])
async def test_no_utterance_ends_without_a_final_of_the_same_time(
    hosting: Hosting, classifier: Any
) -> None:
    silence = chunks(bytes(32_000 * 7))
    responses = await ask(hosting, [classifier(), *silence, END, *TWO, *silence, END])
    told = [r for r in responses if r.HasField("final") or r.HasField("eou_update")]
    assert len(told) >= 4
    for final, end in pairwise(told):
        if end.HasField("eou_update"):
            (best,) = final.final.alternatives
            assert best.end_time_ms == end.eou_update.time_ms == end.audio_cursors.eou_time_ms
            assert final.audio_cursors.final_time_ms == end.eou_update.time_ms
    assert all(r.WhichOneof("Event") == "eou_update" for r in told[1::2])


async def test_chunks_may_end_within_a_sample(hosting: Hosting, serving: Serving) -> None:
    pcm = count(1, 6, SOUND, gap_s=0, pause_s=1, run=3)
    odd = [settings(), *chunks(pcm, 3201), *chunks(b"\0")]
    assert texts(await ask(hosting, odd)) == ["1 2 3", "4 5 6"]
    async with serving() as endpoint:
        requests = [test_service_v2.settings(), *test_service_v2.audio(pcm, 1)[:999]]
        requests += test_service_v2.audio(pcm[999:], 3333)
        responses = await test_service_v2.talk(endpoint, requests)
    assert [best.text for best in test_service_v2.finals(responses)] == ["1 2 3", "4 5 6"]


def as_spoken(text: str) -> bool:
    return text == text.lower() and not set(text) & set(".,!?")


@pytest.mark.parametrize("is_literary", [True, False])
async def test_finals_are_as_spoken_and_refinements_as_wanted(
    hosting: Hosting, beckett: Any, is_literary: bool
) -> None:
    request = settings()
    request.session_options.recognition_model.text_normalization.literature_text = is_literary
    sound = chunks(beckett.read_bytes()[44:], 32_000)
    responses = await ask(hosting, [request, *sound], Moonshine)
    partials = [r.partial.alternatives[0] for r in responses if r.HasField("partial")]
    finals = {r.audio_cursors.final_index: r.final for r in responses if r.HasField("final")}
    assert all(as_spoken(best.text) for best in partials)
    assert all(as_spoken(it.alternatives[0].text) for it in finals.values())
    better = [r.final_refinement for r in responses if r.HasField("final_refinement")]
    for refinement in better:
        (spoken,) = finals[refinement.final_index].alternatives
        (written,) = refinement.normalized_text.alternatives
        assert as_spoken(written.text) != is_literary
        assert (written.start_time_ms, written.end_time_ms) == (
            spoken.start_time_ms,
            spoken.end_time_ms,
        )
    every = [*partials, *(it.alternatives[0] for it in finals.values())]
    every += [it.normalized_text.alternatives[0] for it in better]
    assert len(better) >= 2
    for best in every:
        assert " ".join(word.text for word in best.words) == best.text
        times = [time for word in best.words for time in (word.start_time_ms, word.end_time_ms)]
        assert times == sorted(times)
        assert not times or best.start_time_ms <= times[0] < times[-1] <= best.end_time_ms


async def test_without_normalisation_nothing_is_punctuated(hosting: Hosting, beckett: Any) -> None:
    sound = chunks(beckett.read_bytes()[44:], 32_000)
    responses = await ask(hosting, [settings(refines=False), *sound], Moonshine)
    assert not any(r.HasField("final_refinement") for r in responses)
    assert "ever tried" in " ".join(texts(responses))
    assert all(map(as_spoken, texts(responses)))


async def test_our_own_client_is_told_no_guessed_times(serving: Serving, beckett: Any) -> None:
    sound = chunks(beckett.read_bytes()[44:], 32_000)
    async with serving(Moonshine()) as endpoint:
        responses = await talk(endpoint, [settings(), *sound])
    assert texts(responses)
    assert not any(a.words for r in responses for a in r.final.alternatives)


@pytest.mark.parametrize(
    ("kind", "codes", "is_warned"),
    [
        ("WHITELIST", ["ru-RU"], True),
        ("WHITELIST", ["ru-RU", "en-US"], False),
        ("WHITELIST", ["auto"], False),
        ("BLACKLIST", ["ru-RU"], False),
        ("BLACKLIST", ["ru-RU", "en-GB"], True),
        ("BLACKLIST", [], False),
    ],
)
async def test_a_language_that_is_not_known_is_warned_of(
    hosting: Hosting, kind: str, codes: list[str], is_warned: bool
) -> None:
    request = settings(languages=tuple(codes))
    restriction = request.session_options.recognition_model.language_restriction
    restriction.restriction_type = getattr(pb.LanguageRestrictionOptions, kind)
    told = warnings(await ask(hosting, [request, *TWO]))
    assert told == ["This server recognises only en-US"] * is_warned


@pytest.mark.parametrize(("model", "n_warnings"), [("general:rc", 0), ("deferred-general", 1)])
async def test_a_model_that_is_not_there_is_warned_of(
    hosting: Hosting, model: str, n_warnings: int
) -> None:
    request = settings()
    request.session_options.recognition_model.model = model
    responses = await ask(hosting, [request, *TWO])
    assert (len(warnings(responses)), len(texts(responses))) == (n_warnings, 2)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "as spoken"),
        ({"raw_results": True}, "as spoken"),
        ({"literature_text": True}, "written"),
        ({"literature_text": True, "raw_results": True}, "written"),
    ],
)
async def test_finals_of_v2_are_written_as_wanted(
    serving: Serving, beckett: Any, wanted: dict[str, Any], said: str
) -> None:
    sound = test_service_v2.audio(beckett.read_bytes()[44 : 44 + 5 * 32_000], 32_000)
    request = test_service_v2.settings(**wanted)
    async with serving(Moonshine()) as endpoint:
        plain = await test_service_v2.talk(endpoint, [request, *sound])
        metadata = (("x-normalize-partials", "true"),)
        better = await test_service_v2.talk(endpoint, [request, *sound], metadata=metadata)

    def told(responses: list[Any], *, final: bool) -> str:
        every = (c for r in responses for c in r.chunks if c.final == final)
        return " ".join(chunk.alternatives[0].text for chunk in every)

    assert as_spoken(told(plain, final=True)) == (said == "as spoken")
    assert as_spoken(told(plain, final=False))
    assert as_spoken(told(better, final=False)) == (said == "as spoken")


async def test_words_of_v2_have_times_each(hosting: Hosting, beckett: Any) -> None:
    sound = test_service_v2.audio(beckett.read_bytes()[44:], 32_000)
    async with hosting(Moonshine, rules=PUBLIC) as hosted, hosted.channel() as channel:
        call = channel.stream_stream(
            "/yandex.cloud.ai.stt.v2.SttService/StreamingRecognize",
            request_serializer=v2.StreamingRecognitionRequest.SerializeToString,
            response_deserializer=v2.StreamingRecognitionResponse.FromString,
        )()
        for request in [test_service_v2.settings(), *sound]:
            await call.write(request)
        await call.done_writing()
        responses = [response async for response in call]
    for best in test_service_v2.finals(responses):
        assert " ".join(word for word, _, _ in test_service_v2.times(best)) == best.text


CLIENT_ID = "0b1c7b0e-6c9e-4d44-8e6d-7f2f4b1f2a55"


@pytest.mark.parametrize(
    ("offer", "requests", "code"),
    [
        ({}, [settings(), *TWO], grpc.StatusCode.OK),
        ({}, TWO[:1], grpc.StatusCode.INVALID_ARGUMENT),
        ({"token": "token-of-this-test"}, [], grpc.StatusCode.UNAUTHENTICATED),
        ({"n_sessions": 1}, [], grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_an_answer_has_the_ids_that_support_asks_for(
    hosting: Hosting, offer: dict[str, Any], requests: list[Any], code: grpc.StatusCode
) -> None:
    offer = {"rules": PUBLIC, **offer}
    async with hosting(**offer) as hosted, hosted.channel() as channel, AsyncExitStack() as others:
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            await others.enter_async_context(session(hosted))  # the only one there is
        call = call_on(channel, (("x-client-request-id", CLIENT_ID),), requests)
        with suppress(grpc.aio.AioRpcError):
            _ = [answer async for answer in call]
        headers = dict(await call.initial_metadata())
        assert await call.code() is code
        trailers = dict(await call.trailing_metadata())
    for ids in (headers, trailers):
        assert ids["x-client-request-id"] == CLIENT_ID
        assert ids["x-request-id"] == headers["x-request-id"]
        assert ids["x-server-trace-id"] == headers["x-server-trace-id"]


async def test_an_endless_id_is_not_repeated(hosting: Hosting) -> None:
    async with hosting(rules=PUBLIC) as hosted, hosted.channel() as channel:
        call = call_on(channel, (("x-client-request-id", "x" * 200),))
        await call.write(settings())
        await call.done_writing()
        answers = [answer async for answer in call]
        assert "x-client-request-id" not in dict(await call.initial_metadata())
    assert {answer.session_uuid.user_request_id for answer in answers} == {""}
