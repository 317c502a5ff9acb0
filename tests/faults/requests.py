"""The server for other programs under fuzzed requests, from clients that leave as they please.

A real ``Host`` on loopback, its clients over a link that breaks. What they send is fuzz, bent sound
in containers, or right; they half-close, cancel, vanish, or read nothing. Afterwards every seat is
free, nothing was raised that is no answer to a client, and numbers are recognised.
"""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import soundfile

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.audio.pcm import Format
from skdictate.errors import Exit
from skdictate.server.offered_endpoint import OfferedEndpoint
from skdictate.server.service_host import Host
from skdictate.server.session_rules import SessionRules
from tests.faults.bad_link import Break, Proxy
from tests.faults.fuzz import REQUESTS, Fuzz
from tests.faults.hours import resident_mb
from tests.faults.report import Options, Row
from tests.faults.wire import V2, V3
from tests.support.number_recogniser import EchoRecogniser, count

SOUND = Format(16_000)
N_SESSIONS = 6
N_CLIENTS = 8
"""Two more than there are seats."""
PATIENCE_S = 60.0
"""A client that vanished without a word keeps its seat for half a minute."""
CLIENT_S = 5.0
"""A client that hears nothing goes away after this: its connection may have been broken."""
BREAKS = (Break.CUT, Break.RESET, Break.HALF_UP, Break.HALF_DOWN)
CONTAINERS = {
    "WAV": ("WAV", "PCM_16"),
    "OGG_OPUS": ("OGG", "OPUS"),
    "MP3": ("MP3", "MPEG_LAYER_III"),
}
PATHS = {"v3": V3, "v2": V2}


@dataclass
class Siege:
    """What became of the server."""

    n_requests: int = 0
    n_calls: int = 0
    raised: list[str] | None = None
    """What was logged of mistakes in the server."""
    is_served: bool = False
    """A client that does all right was served, at the end."""
    grown_mb: float = 0.0

    @property
    def is_well(self) -> bool:
        """It lived, and made no mistake."""
        return self.is_served and not self.raised


def run(options: Options) -> list[Row]:
    """As many requests as were asked for."""
    siege = besiege(options.seed, options.requests)
    for mistake in siege.raised or []:
        print(mistake, flush=True)
    return [
        Row("fuzzed requests to the server, in calls", f"{siege.n_requests}, {siege.n_calls}"),
        Row("mistakes of the server", f"{len(siege.raised or [])}", not siege.raised),
        Row("serves afterwards", "yes" if siege.is_served else "no", siege.is_served),
        Row("memory of the server grown by", f"{siege.grown_mb:.0f} MB"),
    ]


def besiege(seed: int, n_requests: int) -> Siege:
    """A server of its own, and all those clients."""
    return asyncio.run(_besiege(seed, n_requests))


async def _besiege(seed: int, n_requests: int) -> Siege:
    siege = Siege(raised=[])
    with _overheard() as mistakes, tempfile.TemporaryDirectory() as folder:
        files = _contained(Path(folder))
        host = Host(
            OfferedEndpoint("127.0.0.1:0", SessionRules(), n_sessions=N_SESSIONS), EchoRecogniser
        )
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(host.run(ready.set_result))
        port = int((await ready).rpartition(":")[2])
        async with Proxy(lambda: port) as proxy:
            begun_mb = resident_mb()
            async with asyncio.TaskGroup() as group:
                for client in range(N_CLIENTS):
                    rng = random.Random(f"{seed}-{client}")
                    group.create_task(_attack(siege, rng, proxy, files, n_requests))
            async with asyncio.timeout(PATIENCE_S):
                siege.is_served = await _is_served(port)
            siege.grown_mb = resident_mb() - begun_mb
        host.stop(Exit.DONE)
        await serving
        siege.raised = mistakes
    return siege


async def _attack(
    siege: Siege, rng: random.Random, proxy: Proxy, files: dict[str, bytes], n_requests: int
) -> None:
    """Call after call, until there were enough."""
    while siege.n_requests < n_requests:
        api = rng.choice(("v3", "v3", "v2"))
        channel = grpc.aio.insecure_channel(
            f"127.0.0.1:{proxy.port}", [("grpc.use_local_subchannel_pool", 1)]
        )
        call = channel.stream_stream(PATHS[api])()
        siege.n_calls += 1
        with suppress(grpc.RpcError, asyncio.InvalidStateError, TimeoutError):
            async with asyncio.timeout(CLIENT_S):
                for request in _requests(rng, api, files):
                    siege.n_requests += 1
                    await call.write(request)
                await _leave(rng, call, proxy)
        call.cancel()
        await channel.close()


async def _leave(rng: random.Random, call: Any, proxy: Proxy) -> None:
    """In good order, or not."""
    match rng.choice(("well", "well", "cancel", "vanish", "break")):
        case "well":
            await call.done_writing()
            while await call.read() is not grpc.aio.EOF:
                pass
        case "break":
            for connection in list(proxy.connections)[:1]:
                connection.break_after(rng.choice(BREAKS), 0)
        case "vanish":
            await asyncio.sleep(rng.uniform(0, 0.05))
        case "cancel":
            call.cancel()


def _requests(rng: random.Random, api: str, files: dict[str, bytes]) -> Iterator[bytes]:
    """What one client sends."""
    fuzz = Fuzz(REQUESTS[api], rng, garbled=0.01)
    kind = rng.choice(("fuzz", "raw", *CONTAINERS))
    if kind == "fuzz" or (api == "v2" and kind in ("WAV", "MP3")):
        yield from (fuzz.next() for _ in range(rng.randint(1, 20)))
        return
    yield _settings(api, kind)
    if kind == "raw":
        data = count(1, 9, SOUND, gap_s=0, pause_s=0.5, run=3)
    else:
        data = _bent(rng, files[kind])
    at = 0
    while at < len(data):
        size = rng.choice((1, 333, 3_200, 20_001))
        yield _chunk(api, data[at : at + size])
        at += size
        if rng.random() < 0.05:
            yield fuzz.next()


def _settings(api: str, kind: str) -> bytes:
    """The right first message."""
    if api == "v2":
        raw, opus = v2.RecognitionSpec.LINEAR16_PCM, v2.RecognitionSpec.OGG_OPUS
        specification = v2.RecognitionSpec(
            audio_encoding=raw if kind == "raw" else opus, sample_rate_hertz=SOUND.rate_hz
        )
        config = v2.RecognitionConfig(specification=specification)
        return v2.StreamingRecognitionRequest(config=config).SerializeToString()
    request = v3.StreamingRequest()
    sound = request.session_options.recognition_model.audio_format
    if kind == "raw":
        sound.raw_audio.audio_encoding = v3.RawAudio.LINEAR16_PCM
        sound.raw_audio.sample_rate_hertz = SOUND.rate_hz
        sound.raw_audio.audio_channel_count = 1
    else:
        sound.container_audio.container_audio_type = getattr(v3.ContainerAudio, kind)
    return request.SerializeToString()


def _chunk(api: str, data: bytes) -> bytes:
    if api == "v2":
        return v2.StreamingRecognitionRequest(audio_content=data).SerializeToString()
    return v3.StreamingRequest(chunk=v3.AudioChunk(data=data)).SerializeToString()


def _bent(rng: random.Random, data: bytes) -> bytes:
    """Sound with some bits turned, and some of it missing, doubled or foreign."""
    bent = bytearray(data)
    for _ in range(rng.choice((0, 1, 5, 200))):
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
    at = rng.randrange(len(bent))
    match rng.choice(("whole", "cut", "doubled", "foreign")):
        case "cut":
            del bent[at : at + rng.randint(1, 5_000)]
        case "doubled":
            bent[at:at] = bent[: rng.randint(1, 5_000)]
        case "foreign":
            bent[at:at] = rng.randbytes(rng.randint(1, 5_000))
    return bytes(bent)


def _contained(folder: Path) -> dict[str, bytes]:
    """Three seconds of a hum, in each container."""
    hum = np.sin(np.arange(3 * SOUND.rate_hz) / 20).astype(np.float32) / 4
    made = {}
    for name, (form, subtype) in CONTAINERS.items():
        soundfile.write(folder / name, hum, SOUND.rate_hz, format=form, subtype=subtype)
        made[name] = (folder / name).read_bytes()
    return made


async def _is_served(port: int) -> bool:
    """A client that does all right, as soon as there is a seat."""
    data = count(1, 3, SOUND, gap_s=0, pause_s=0.6, run=3)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        while True:
            call = channel.stream_stream(V3)()
            with suppress(grpc.RpcError, asyncio.InvalidStateError):
                await call.write(_settings("v3", "raw"))
                await call.write(_chunk("v3", data))
                await call.done_writing()
                texts = []
                while (answer := await call.read()) is not grpc.aio.EOF:
                    response = v3.StreamingResponse.FromString(answer)
                    texts += [best.text for best in response.final.alternatives]
                # An utterance without words has a final without words, as the contract has it.
                return [text for text in texts if text] == ["1 2 3"]
            await asyncio.sleep(0.1)


class _overheard(logging.Handler):  # noqa: N801 - used as a function
    """What the gRPC library says of exceptions in the server."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(self.format(record)[-2_000:])  # the end says what it was

    def __enter__(self) -> list[str]:
        logging.getLogger("grpc").addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("grpc").removeHandler(self)
