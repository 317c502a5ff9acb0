"""The client against a real server: sessions, answers, and every way to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import Event, Final, Refinement, SessionNamed
from skdictate.core.limits import Limits
from skdictate.errors import Kind, ProblemError
from skdictate.server.session_rules import SessionRules
from skdictate.speechkit import codec_v3
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.number_recogniser import count

SOUND = Format(16_000)
PCM = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)


def backend(endpoint: Endpoint, credential: Credential | None = None) -> SpeechKit:
    async def whereabouts() -> tuple[Endpoint, Credential | None]:
        return endpoint, credential

    return SpeechKit("test", Limits(), whereabouts, codec_v3.Options())


async def dictate(it: SpeechKit, pcm: bytes = PCM) -> list[Event]:
    async with it.connect(SOUND) as session:
        await session.send_audio(pcm)
        await session.finish()
        return [event async for event in session]


async def test_a_session_from_settings_to_its_end(serving: Serving) -> None:
    async with serving() as endpoint:
        it = backend(endpoint)
        for _ in range(2):
            events = await dictate(it)
            finals = [event for event in events if isinstance(event, Final)]
            assert [final.text for final in finals] == ["1 2 3", ""]  # words, then silence
            assert Refinement(0, "1 2 3") in events
            sessions = {event for event in events if isinstance(event, SessionNamed)}
            assert all(session.request_id for session in sessions)
        await it.close()


async def test_the_key_is_shown_with_every_session(serving: Serving) -> None:
    async with serving(address="127.0.0.1:0", token="secret") as endpoint:
        it = backend(endpoint, Credential("Bearer", "secret", "here"))
        assert await dictate(it)
        await it.close()
        it = backend(endpoint, Credential("Bearer", "wrong", "here"))
        with pytest.raises(ProblemError) as caught:
            await dictate(it)
        assert caught.value.problem.kind is Kind.CREDENTIALS
        assert caught.value.problem.is_permanent
        await it.close()


async def test_nobody_there_is_said_and_found_when_he_comes(serving: Serving, paths: Paths) -> None:
    address = f"unix:{paths.socket_folder() / 's'}"
    it = backend(Endpoint(address, is_plaintext=True))
    with pytest.raises(ProblemError) as caught:
        await dictate(it)
    assert caught.value.problem.kind is Kind.NETWORK
    async with serving(address=address):
        assert await dictate(it)
    await it.close()


async def test_a_session_limit_is_told_from_other_ends(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(session_s=5) as endpoint:
        it = backend(endpoint)
        with pytest.raises(ProblemError) as caught:
            await dictate(it, bytes(32_000 * 6))
        assert caught.value.problem.kind is Kind.LIMIT
        await it.close()


Handler = Callable[[Any], Awaitable[None]]


@asynccontextmanager
async def scripted(paths: Paths, handler: Handler) -> AsyncIterator[SpeechKit]:
    """A client of a server whose answers are up to the test."""

    async def serve(_requests: Any, context: Any) -> None:
        await handler(context)

    method = grpc.stream_stream_rpc_method_handler(
        serve,
        request_deserializer=pb.StreamingRequest.FromString,
        response_serializer=pb.StreamingResponse.SerializeToString,
    )
    server = grpc.aio.server()
    name = "speechkit.stt.v3.Recognizer"
    handlers = grpc.method_handlers_generic_handler(name, {"RecognizeStreaming": method})
    server.add_generic_rpc_handlers((handlers,))
    target = f"unix:{paths.socket_folder() / 's'}"
    server.add_insecure_port(target)
    await server.start()
    it = backend(Endpoint(target, is_plaintext=True))
    try:
        yield it
    finally:
        await it.close()
        await server.stop(None)


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c is not grpc.StatusCode.OK])
@pytest.mark.parametrize("moment", ["at once", "after an answer"])
async def test_every_status_at_every_moment_becomes_a_problem(
    paths: Paths, code: grpc.StatusCode, moment: str
) -> None:
    async def handler(context: Any) -> None:
        if moment == "after an answer":
            await context.read()
            await context.write(pb.StreamingResponse(eou_update=pb.EouUpdate(time_ms=1)))
        await context.abort(code, "said so")

    async with scripted(paths, handler) as it:
        with pytest.raises(ProblemError) as caught:
            async with it.connect(SOUND) as session:
                async for _ in session:
                    pass
        assert code.name in caught.value.problem.detail


async def test_writing_to_a_session_that_has_ended_says_how_it_ended(paths: Paths) -> None:
    async def handler(context: Any) -> None:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unknown api key")

    async with scripted(paths, handler) as it:
        with pytest.raises(ProblemError) as caught:
            async with it.connect(SOUND) as session:
                for _ in range(1000):
                    await session.send_audio(PCM)
        assert caught.value.problem.kind is Kind.CREDENTIALS


async def test_leaving_early_cancels_the_call(paths: Paths) -> None:
    cancelled = asyncio.Event()

    async def handler(context: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with scripted(paths, handler) as it:
        async with it.connect(SOUND) as session:
            await session.end_utterance()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await cancelled.wait()


async def test_our_own_cancellation_is_no_problem_of_the_network(paths: Paths) -> None:
    async def handler(context: Any) -> None:
        await asyncio.sleep(60)

    async with scripted(paths, handler) as it:

        async def listen() -> None:
            async with it.connect(SOUND) as session:
                async for _ in session:
                    pass

        task = asyncio.ensure_future(listen())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_the_rules_of_the_server_are_the_limits_of_the_client() -> None:
    limits, rules = Limits(), SessionRules()
    assert (limits.session_s, limits.session_bytes, limits.idle_s) == (
        rules.session_s,
        rules.session_bytes,
        rules.idle_s,
    )
