"""What a session may use: messages, ends of utterances, time; and what one leaves behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.errors import ProblemError
from skdictate.server import responses, session_usage
from skdictate.server.client_messages import Request
from skdictate.server.recogniser import RecogniserStream
from skdictate.server.responses import Responses
from skdictate.server.service_v2 import METHOD, SERVICE
from skdictate.server.session_rules import RefusedError
from skdictate.speechkit.channel import Endpoint
from tests.conftest import Serving
from tests.server.test_service_v3 import SOUND, chunks, settings, talk
from tests.support.number_recogniser import EchoRecogniser, EchoStream, count

END = v3.StreamingRequest(eou=v3.Eou())
NOTHING = v3.StreamingRequest(chunk=v3.AudioChunk())
MOMENT = v3.StreamingRequest(silence_chunk=v3.SilenceChunk(duration_ms=1))
PATH = "/speechkit.stt.v3.Recognizer/RecognizeStreaming"
UNKNOWN = b"\xf8\x7f\x01"
"""A field that this version of the messages does not know."""


@pytest.mark.parametrize("message", [END, NOTHING, MOMENT])
async def test_messages_without_sound_are_counted(
    serving: Serving, message: v3.StreamingRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_usage, "FREE_MESSAGES", 100)
    monkeypatch.setattr(session_usage, "MESSAGES_PER_S", 0)
    async with serving() as endpoint:
        await talk(endpoint, [settings(), *[message] * 100])
        with pytest.raises(ProblemError, match="RESOURCE_EXHAUSTED: Too many messages"):
            await talk(endpoint, [settings(), *[message] * 101], wait_s=20)


async def test_they_are_counted_in_v2_too(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_usage, "FREE_MESSAGES", 100)
    monkeypatch.setattr(session_usage, "MESSAGES_PER_S", 0)
    spec = v2.RecognitionSpec(
        audio_encoding=v2.RecognitionSpec.LINEAR16_PCM, sample_rate_hertz=16_000
    )
    first = v2.StreamingRecognitionRequest(config=v2.RecognitionConfig(specification=spec))
    empty = v2.StreamingRecognitionRequest(audio_content=b"")

    async def requests() -> AsyncIterator[bytes]:
        for request in (first, *[empty] * 101):
            yield request.SerializeToString()
        await asyncio.sleep(4)  # who writes on while it is refused is not told why

    async with serving() as endpoint:
        code = await ended(endpoint, f"/{SERVICE}/{METHOD}", requests())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def ended(endpoint: Endpoint, path: str, requests: AsyncIterator[bytes]) -> grpc.StatusCode:
    """How a call of those messages ends; whoever does not read meanwhile is not told."""
    async with endpoint.channel() as channel:
        call = channel.stream_stream(path)()
        reading = asyncio.ensure_future(_read(call))
        with suppress(grpc.RpcError, asyncio.InvalidStateError):
            async for request in requests:
                await call.write(request)
            await call.done_writing()
        await reading
        code: grpc.StatusCode = await call.code()
        return code


async def _read(call: Any) -> None:
    with suppress(grpc.RpcError):
        while await call.read() is not grpc.aio.EOF:
            pass


async def test_sound_in_short_chunks_is_never_too_many_messages(serving: Serving) -> None:
    pcm = count(1, 100, SOUND, gap_s=0, pause_s=0.5, run=5)
    async with serving() as endpoint:
        heard = await talk(endpoint, [settings(), *chunks(pcm, SOUND.size_bytes(160))])
    finals = [r.final.alternatives[0].text for r in heard if r.HasField("final")]
    assert " ".join(finals).split()[-1] == "100"


class Counting(EchoRecogniser):
    """How often something was asked of it."""

    def __init__(self) -> None:
        self.n_opened = 0

    def open(self, rate_hz: int) -> RecogniserStream:
        self.n_opened += 1
        return super().open(rate_hz)


async def test_an_utterance_that_has_ended_is_not_ended_again(serving: Serving) -> None:
    recogniser = Counting()
    words = chunks(count(1, 2, SOUND, gap_s=0, pause_s=0.1, run=2))
    async with serving(recogniser) as endpoint:
        await talk(endpoint, [settings(), *words, *[END] * 1_000, *words])
    assert recogniser.n_opened <= 2


async def test_ends_of_utterances_are_counted_by_the_sound_between_them(serving: Serving) -> None:
    one = chunks(bytes(2))
    most = session_usage.FREE_ENDS
    async with serving() as endpoint:
        await talk(endpoint, [settings(), *[*one, END] * most])
        with pytest.raises(ProblemError, match="RESOURCE_EXHAUSTED: Too many ends"):
            await talk(endpoint, [settings(), *[*one, END] * (most + 1)])
        half = chunks(bytes(SOUND.size_bytes(SOUND.samples(0.5))), 1_000_000)
        await talk(endpoint, [settings(), *[*half, END] * (2 * most)])


async def test_a_session_that_is_kept_with_moments_ends(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_usage, "WAITS_S", 0.2)

    async def moments() -> AsyncIterator[bytes]:
        yield settings().SerializeToString()
        while True:
            await asyncio.sleep(0.05)
            yield MOMENT.SerializeToString()

    async with serving(session_s=0.5) as endpoint, asyncio.timeout(30):
        code = await ended(endpoint, PATH, moments())
    assert code is grpc.StatusCode.OUT_OF_RANGE


@pytest.mark.parametrize("limits_are_off", [False, True])
async def test_a_message_holds_little_beside_its_sound(
    serving: Serving, limits_are_off: bool
) -> None:
    order = {"session_s": float("inf"), "session_bytes": float("inf")} if limits_are_off else {}
    stuffed = v3.StreamingRequest.FromString(
        NOTHING.SerializeToString() + UNKNOWN * (session_usage.MOST_FRAME_BYTES // 3 + 1)
    )
    wordy = settings()
    wordy.session_options.recognition_model.model = "x" * session_usage.MOST_SETTINGS_BYTES
    async with serving(**order) as endpoint:
        for requests in ([settings(), stuffed], [wordy]):
            with pytest.raises(ProblemError, match=r"INVALID_ARGUMENT: .*message may have"):
                await talk(endpoint, requests)


async def test_a_client_that_takes_answers_byte_by_byte_has_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow:
        async def write(self, response: object) -> None:
            await asyncio.sleep(0.05)

    monkeypatch.setattr(responses, "UNREAD_S", 0.2)
    told = Responses(Slow())
    with pytest.raises(RefusedError, match="not read"):
        for _ in range(20):
            await told.write(b"")


async def test_a_stream_that_nobody_waited_for_is_closed(serving: Serving) -> None:
    may_open, is_opening, is_closed = threading.Event(), threading.Event(), threading.Event()

    class Stream(EchoStream):
        def close(self) -> None:
            is_closed.set()

    class Slow(EchoRecogniser):
        def open(self, rate_hz: int) -> RecogniserStream:
            is_opening.set()
            may_open.wait()
            return Stream(SOUND)

    try:
        async with serving(Slow()) as endpoint:
            async with endpoint.channel() as channel:
                call = channel.stream_stream(PATH)()
                await call.write(settings().SerializeToString())
                assert await asyncio.to_thread(is_opening.wait, 20)
                call.cancel()
            await asyncio.sleep(0.2)
            may_open.set()
            assert await asyncio.to_thread(is_closed.wait, 20)
    finally:
        may_open.set()


async def test_nothing_is_kept_of_what_a_refused_client_sent(serving: Serving) -> None:
    gc.collect()
    gc.disable()
    try:
        async with serving(session_bytes=1_000_000) as endpoint:
            with pytest.raises(ProblemError, match="OUT_OF_RANGE"):
                await talk(endpoint, [settings(), *chunks(bytes(2_000_000), 1_000_000)])
            await asyncio.sleep(0.1)
            assert not [held for held in gc.get_objects() if isinstance(held, Request)]
    finally:
        gc.enable()
