"""Sessions take turns where sound is decoded, and a container holds little beside its sound."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.server import service_v3
from skdictate.server.decoder import DECODED_HZ
from skdictate.server.decoding import CHUNK_BYTES, Decoding
from skdictate.server.session_rules import RefusedError
from tests.conftest import Serving
from tests.faults.burdening import FILLED, filled
from tests.server.test_containers import DECODERS, contained
from tests.server.test_containers import settings as container
from tests.server.test_service_v3 import SOUND, chunks, settings, talk
from tests.support.number_recogniser import count


class Endless:
    """A decoder that works and works, until it is told to stop."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.n_steps = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        while not self.may_end.is_set():
            self.n_steps += 1
            yield b""

    def finish(self) -> Iterator[bytes]:
        yield bytes(3_200)


async def test_a_session_that_is_decoded_for_ever_stops_no_other(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless()
    monkeypatch.setattr(service_v3, "open_container", lambda name: endless)
    try:
        async with serving() as endpoint:
            requests = [container("WAV"), *chunks(bytes(8_000))]
            first = asyncio.ensure_future(talk(endpoint, requests))
            while endless.n_steps == 0:
                await asyncio.sleep(0.01)
            pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)
            async with asyncio.timeout(60):
                responses = await talk(endpoint, [settings(), *chunks(pcm)])
            finals = [r.final.alternatives[0].text for r in responses if r.HasField("final")]
            assert "1 2 3" in finals
            assert not first.done()
            endless.may_end.set()
            assert (await first)[-1].audio_cursors.received_data_ms == 100
    finally:
        endless.may_end.set()


async def test_decoders_take_turns_and_give_sound_in_bites() -> None:
    class Loud:
        """A minute out of each byte."""

        def decode(self, data: bytes) -> Iterator[bytes]:
            yield from [bytes(1_000)] * (60 * 2 * DECODED_HZ // 1_000) * len(data)

        def finish(self) -> Iterator[bytes]:
            yield from ()

    endless = Endless()
    with ThreadPoolExecutor(1) as executor:
        taken = asyncio.ensure_future(_all(Decoding(endless, executor), b"x"))
        pieces = await _all(Decoding(Loud(), executor), b"xx")
        endless.may_end.set()
        await taken
    assert sum(map(len, pieces)) == 2 * 60 * 2 * DECODED_HZ
    assert max(map(len, pieces)) <= CHUNK_BYTES + 1_000


async def _all(decoding: Decoding, data: bytes) -> list[bytes]:
    return [pcm async for pcm in decoding.decode(data)]


@pytest.mark.parametrize("name", sorted(set(FILLED) - {"bytes"}))
def test_a_container_with_little_sound_for_its_parts_is_refused(name: str) -> None:
    kind, first, piece = FILLED[name]
    decoder = DECODERS[{"opus": "OGG_OPUS", "wav": "WAV"}[kind]]()
    n_steps = 0
    with pytest.raises(RefusedError, match=r"too much data that is not sound|two format chunks"):
        for message in filled(first, piece):
            for _ in decoder.decode(v3.StreamingRequest.FromString(message).chunk.data):
                n_steps += 1
    assert n_steps < 10_000


def test_many_streams_after_one_another_are_sound(beckett: Path, tmp_path: Path) -> None:
    data = contained("OGG_OPUS", beckett, tmp_path)
    decoder = DECODERS["OGG_OPUS"]()
    pcm = b"".join(piece for _ in range(40) for piece in decoder.decode(data))
    assert len(pcm) > 40 * 9 * 2 * DECODED_HZ
