"""The whole way in API v2: sessions that follow each other, with times, with few, with none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.core.changes import GapMarked, ProblemRaised
from skdictate.core.policy import Policy
from skdictate.engine import Engine, Outcome
from skdictate.server import service_v2
from skdictate.server.client_session import SessionOutput
from skdictate.server.recogniser import RecogniserStream, Utterance
from skdictate.server.session_rules import SessionRules
from skdictate.sources.file_source import FileSource
from skdictate.speechkit import codec_v2
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.engine.test_engine import LIMITS, SOUND, Desk
from tests.support.command import run
from tests.support.number_recogniser import EchoRecogniser, count, numbers, write

INF = float("inf")


class Taciturn(EchoRecogniser):
    """Knows where an utterance is, and not where its words are: as the embedded recogniser."""

    def open(self, rate_hz: int) -> RecogniserStream:
        return TaciturnStream(super().open(rate_hz))


class TaciturnStream:
    def __init__(self, stream: RecogniserStream) -> None:
        self._stream = stream
        self.close = stream.close

    def feed(self, pcm: bytes) -> list[Utterance]:
        return [replace(utterance, words=()) for utterance in self._stream.feed(pcm)]

    def finish(self) -> list[Utterance]:
        return [replace(utterance, words=()) for utterance in self._stream.finish()]


class TimelessCall(service_v2.Call):
    """A server that tells no times at all, which the documentation allows."""

    def _encode(self, said: SessionOutput) -> pb.StreamingRecognitionResponse | None:
        response = super()._encode(said)
        for chunk in response.chunks if response else ():
            for best in chunk.alternatives:
                del best.words[:]
        return response


class TimelessService(service_v2.SttService):
    async def recognize(self, _requests: Any, context: Any) -> None:
        await TimelessCall.serve(self._service, context)


@asynccontextmanager
async def timeless(paths: Paths, session_s: float) -> AsyncIterator[Endpoint]:
    server = grpc.aio.server()
    target = f"unix:{paths.socket_folder() / 't'}"
    with ThreadPoolExecutor(1) as executor:
        service = TimelessService(EchoRecogniser(), executor, SessionRules(session_s=session_s))
        server.add_generic_rpc_handlers((service.handler(),))
        server.add_insecure_port(target)
        await server.start()
        try:
            yield Endpoint(target, is_plaintext=True)
        finally:
            await server.stop(None)


def dictation(
    paths: Paths, source: FileSource, endpoint: Endpoint, *, session_s: float, pace: float
) -> Desk:
    """As ``--api v2`` makes it; ``pace`` is the fastest that audio is sent."""
    limits = replace(LIMITS, session_s=session_s, catch_up=pace)
    desk = Desk(paths, source, endpoint, limits)
    desk.backend.options = codec_v2.Options()
    desk.backend.refines = False
    desk.engine = Engine(source, desk.backend, desk.store, Policy(refines=False))
    desk.engine.on_change = desk.changes.append
    return desk


def counted(path: Path, last: int, speed: float, run: int = 10) -> FileSource:
    pcm = count(1, last, SOUND, gap_s=0.05, pause_s=0.5, run=run)
    return FileSource([write(path / "numbers.wav", pcm, SOUND)], SOUND, speed)


async def dictated(desk: Desk) -> Outcome:
    try:
        return await desk.engine.run()
    finally:
        await desk.close()


@pytest.mark.parametrize("recogniser", [EchoRecogniser, Taciturn])
async def test_minutes_through_sessions_of_twenty_seconds(
    serving: Serving, paths: Paths, tmp_path: Path, recogniser: type[EchoRecogniser]
) -> None:
    async with serving(recogniser(), session_s=20.0) as endpoint:
        desk = dictation(paths, counted(tmp_path, 600, 0), endpoint, session_s=20, pace=INF)
        outcome = await dictated(desk)
    assert numbers(" ".join(desk.texts())) == list(range(1, 601))
    assert outcome.n_sessions >= 10
    assert not [c for c in desk.changes if isinstance(c, ProblemRaised | GapMarked)]


@pytest.mark.parametrize("speed", [0, 10])
async def test_without_times_sessions_change_in_pauses_and_nothing_is_lost(
    paths: Paths, tmp_path: Path, speed: float
) -> None:
    async with timeless(paths, 20.0) as endpoint:
        source = counted(tmp_path, 300, speed, run=5)
        desk = dictation(paths, source, endpoint, session_s=20, pace=15)
        outcome = await dictated(desk)
    assert numbers(" ".join(desk.texts())) == list(range(1, 301))
    assert outcome.n_sessions >= 6
    assert not [c for c in desk.changes if isinstance(c, GapMarked)]


@pytest.mark.parametrize("recogniser", [EchoRecogniser, Taciturn])
async def test_a_server_that_goes_and_comes_costs_no_word_and_doubles_none(
    serving: Serving, paths: Paths, tmp_path: Path, recogniser: type[EchoRecogniser]
) -> None:
    address = f"unix:{paths.socket_folder() / 's'}"
    endpoint = Endpoint(address, is_plaintext=True)
    desk = dictation(paths, counted(tmp_path, 100, 8), endpoint, session_s=300, pace=INF)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(dictated(desk))
        for _ in range(3):
            async with serving(recogniser(), address=address):
                n_before = len(desk.texts())
                while len(desk.texts()) < n_before + 2:
                    await asyncio.sleep(0.01)
        async with serving(recogniser(), address=address):
            outcome = await running
    assert numbers(" ".join(desk.texts())) == list(range(1, 101))
    assert (outcome.n_gaps, outcome.n_sessions >= 3) == (0, True)


async def test_the_command_speaks_v2_with_the_embedded_recogniser(beckett: Path) -> None:
    done = await run(
        *("transcribe", str(beckett), "--api", "v2", "--engine", "local", "--format", "json"),
    )
    assert done.code == 0
    text = " ".join(final["text"] for final in done.events("final")).lower()
    assert "ever tried" in text
    assert "try again" in text
    assert done.events("partial")
    assert not done.events("refined"), "its finals are as good as they get"
    assert all(final["start_ms"] < final["end_ms"] for final in done.events("final"))


async def test_the_embedded_recogniser_rolls_over_in_v2(two_cities: Path) -> None:
    done = await run("transcribe", str(two_cities), "--api", "v2", "--session-seconds", "20")
    assert done.code == 0
    said = done.out.lower()
    for words in ("best of times", "season of darkness", "present period", "superlative degree"):
        assert said.count(words) == 1


async def test_the_command_rolls_over_at_ten_times_the_pace(
    serving: Serving, tmp_path: Path
) -> None:
    pcm = count(1, 400, SOUND, gap_s=0.05, pause_s=0.5, run=10)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving(session_s=20.0) as endpoint:
        done = await run(
            *("transcribe", str(path), "--api", "v2", "--endpoint", endpoint.target),
            *("--session-seconds", "20", "--speed", "10"),
        )
    assert done.code == 0
    assert numbers(done.out) == list(range(1, 401))
