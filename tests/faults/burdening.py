"""One client that asks much of a server: ``python -m tests.faults.burdening NAME ADDRESS CERT``.

It goes on until it is ended, and prints what it was told.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2

from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.sources.file_source import demo_paths
from tests.faults.wire import V3
from tests.server.test_service_v3 import settings
from tests.support.served import TOKEN

SHOWN = (("authorization", f"Bearer {TOKEN}"),)
WATCH = "/grpc.health.v1.Health/Watch"
CHECK = "/grpc.health.v1.Health/Check"
REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
MESSAGE_BYTES = 3_900_000
"""Just below the longest message that is taken."""
SOUND_FORMATS = {"wav": v3.ContainerAudio.WAV, "opus": v3.ContainerAudio.OGG_OPUS}


class Client:
    """Connections, and what was answered."""

    def __init__(self, address: str, certificate: bytes) -> None:
        self._address = address
        self._credentials = grpc.ssl_channel_credentials(certificate)
        self.told: Counter[str] = Counter()

    def channel(self) -> grpc.aio.Channel:
        """A connection of its own."""
        own = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
        return grpc.aio.secure_channel(self._address, self._credentials, own)

    async def end(self, call: Any) -> None:
        """How a call ended."""
        code, details = await call.code(), await call.details()
        self.told[f"{code.name} {(details or '')[:70]}".strip()] += 1

    async def talk(self, requests: Iterator[bytes] | AsyncIterator[bytes]) -> None:
        """One session of those messages."""
        async with self.channel() as channel:
            call = channel.stream_stream(V3)(requests, metadata=SHOWN)
            reading = asyncio.ensure_future(self._read(call))
            await self.end(call)
            await reading

    async def _read(self, call: Any) -> None:
        try:
            while await call.read() is not grpc.aio.EOF:
                self.told["answers"] += 1
        except grpc.RpcError:
            pass


async def watch(client: Client) -> None:
    """Twenty thousand that watch our health on one connection, without the token."""
    message = health_pb2.HealthCheckRequest().SerializeToString()
    async with client.channel() as channel:
        calls = [channel.unary_stream(WATCH)(message) for _ in range(20_000)]
        await asyncio.gather(*(client.end(call) for call in calls))


async def names(client: Client) -> None:
    """Long names of services to watch, without the token."""
    message = health_pb2.HealthCheckRequest(service="x" * MESSAGE_BYTES).SerializeToString()
    channels = [client.channel() for _ in range(4)]
    calls = [channel.unary_stream(WATCH)(message) for channel in channels for _ in range(100)]
    await asyncio.gather(*(client.end(call) for call in calls))


async def refused(client: Client) -> None:
    """Sessions without the token, with as much metadata as goes."""
    metadata = tuple((f"x-{n}", "y" * 700) for n in range(10))
    async with client.channel() as channel:

        async def ask() -> None:
            while True:
                await client.end(channel.stream_stream(V3)(metadata=metadata))

        await asyncio.gather(*(ask() for _ in range(2_000)))


async def reset(client: Client) -> None:
    """Calls that are taken back as soon as they are made."""
    message = health_pb2.HealthCheckRequest().SerializeToString()
    async with client.channel() as channel:
        while True:
            calls = [channel.unary_stream(WATCH)(message) for _ in range(200)]
            await asyncio.sleep(0.005)
            for call in calls:
                call.cancel()
            client.told["taken back"] += len(calls)


async def connections(client: Client) -> None:
    """Connections with one watcher each."""
    message = health_pb2.HealthCheckRequest().SerializeToString()
    channels = [client.channel() for _ in range(3_000)]
    calls = [channel.unary_stream(WATCH)(message) for channel in channels]
    await asyncio.gather(*(client.end(call) for call in calls))


async def reflections(client: Client) -> None:
    """Streams that wait for a question, with the token."""
    async with client.channel() as channel:
        calls = [channel.stream_stream(REFLECTION)(metadata=SHOWN) for _ in range(20_000)]
        await asyncio.gather(*(client.end(call) for call in calls))


async def unread(client: Client) -> None:
    """Questions without end, whose answers are not read, with the token."""
    question = b"\x3a\x00"  # the names of all services
    channels = [client.channel() for _ in range(20)]
    calls = [c.stream_stream(REFLECTION)(metadata=SHOWN) for c in channels for _ in range(50)]

    async def ask(call: Any) -> None:
        while not call.done():
            await call.write(question)
            client.told["asked"] += 1

    await asyncio.gather(*(ask(call) for call in calls), return_exceptions=True)
    await asyncio.gather(*(client.end(call) for call in calls))


def contained(kind: str) -> bytes:
    """The first message of a session with sound in a container."""
    request = v3.StreamingRequest()
    sound = request.session_options.recognition_model.audio_format
    sound.container_audio.container_audio_type = SOUND_FORMATS[kind]
    return request.SerializeToString()


def page(lengths: bytes, data: bytes = b"", *, is_first: bool = False) -> bytes:
    """A page of OGG; nobody here looks at its checksum."""
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 2 * is_first, 0, 1, 0, 0, len(lengths))
    return head + lengths + data


HEAD = page(b"\x13", b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16_000, 0, 0), is_first=True)


def filled(first: bytes, piece: bytes) -> Iterator[bytes]:
    """Two long messages of the same piece, again and again."""
    body = first + piece * (2 * MESSAGE_BYTES // len(piece))
    for start in (0, MESSAGE_BYTES):
        data = body[start : start + MESSAGE_BYTES]
        yield v3.StreamingRequest(chunk=v3.AudioChunk(data=data)).SerializeToString()


RIFF = b"RIFF\xff\xff\xff\xffWAVE"
FORMAT = b"fmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 1, 44_100, 88_200, 2, 16)
FILLED = {
    "opus": ("opus", HEAD, page(bytes(255))),
    "bytes": ("opus", HEAD, page(b"\x01" * 255, b"\x98" * 255)),
    "heads": ("opus", HEAD, HEAD),
    "pages": ("opus", HEAD, page(b"")),
    "chunks": ("wav", RIFF, b"LIST\0\0\0\0"),
    "formats": ("wav", RIFF, FORMAT),
}


def of(name: str) -> Callable[[Client], Awaitable[None]]:
    """Sessions, one after the other, that are filled with one thing."""

    async def fill(client: Client) -> None:
        kind, first, piece = FILLED[name]
        while True:
            await client.talk(iter([contained(kind), *filled(first, piece)]))

    fill.__doc__ = f"Two messages of {name}, in one session after the other."
    return fill


def sending(messages: Callable[[], Iterator[bytes]]) -> Callable[[Client], Awaitable[None]]:
    """Sessions, one after the other, of such messages after the settings."""

    async def send(client: Client) -> None:
        while True:
            await client.talk(iter([settings().SerializeToString(), *messages()]))

    return send


def ends() -> Iterator[bytes]:
    """As many ends of utterances as fit."""
    yield from [v3.StreamingRequest(eou=v3.Eou()).SerializeToString()] * 200_000


def utterances() -> Iterator[bytes]:
    """Ends of utterances with one sample in between."""
    end = v3.StreamingRequest(eou=v3.Eou()).SerializeToString()
    sample = v3.StreamingRequest(chunk=v3.AudioChunk(data=b"\1\0")).SerializeToString()
    yield from [sample, end] * 50_000


def empties() -> Iterator[bytes]:
    """Chunks of nothing."""
    yield from [v3.StreamingRequest(chunk=v3.AudioChunk()).SerializeToString()] * 200_000


def unknown() -> Iterator[bytes]:
    """Messages of fields that nobody knows, around a chunk of nothing."""
    chunk = v3.StreamingRequest(chunk=v3.AudioChunk()).SerializeToString()
    yield from [chunk + b"\xf8\x7f\x01" * (MESSAGE_BYTES // 3)] * 200


def sound() -> Iterator[bytes]:
    """As much sound as is allowed, as fast as it is taken."""
    noise = bytes(range(256)) * (9_500_000 // 256)
    for start in range(0, len(noise), MESSAGE_BYTES):
        data = noise[start : start + MESSAGE_BYTES]
        yield v3.StreamingRequest(chunk=v3.AudioChunk(data=data)).SerializeToString()


async def speech(client: Client) -> None:
    """Three sessions, as many as leave one to others, of speech as fast as it is taken."""
    pcm = 6 * demo_paths()[0].read_bytes()[44:]
    messages = [settings().SerializeToString()]
    for start in range(0, len(pcm), 320_000):
        chunk = v3.AudioChunk(data=pcm[start : start + 320_000])
        messages.append(v3.StreamingRequest(chunk=chunk).SerializeToString())

    async def talk() -> None:
        while True:
            await client.talk(iter(messages))

    await asyncio.gather(*(talk() for _ in range(3)))


async def left(client: Client) -> None:
    """Sessions that begin and are left, one after the other."""
    async with client.channel() as channel:
        while True:
            call = channel.stream_stream(V3)(metadata=SHOWN)
            with suppress(grpc.RpcError, asyncio.InvalidStateError):  # there is no seat
                await call.write(settings().SerializeToString())
            call.cancel()
            client.told["left"] += 1


async def wishes(client: Client) -> None:
    """First messages that ask for a million things."""
    request = settings()
    request.session_options.speech_analysis.descriptive_statistics_quantiles.extend(
        [0.5] * (MESSAGE_BYTES // 8)
    )
    while True:
        await client.talk(iter([request.SerializeToString()]))


async def moments(client: Client) -> None:
    """A millisecond of silence every now and then, for ever: how long may it go on?"""

    async def messages() -> AsyncIterator[bytes]:
        yield settings().SerializeToString()
        silence = v3.StreamingRequest(silence_chunk=v3.SilenceChunk(duration_ms=1))
        while True:
            await asyncio.sleep(1)
            yield silence.SerializeToString()

    await client.talk(messages())


BURDENS: dict[str, Callable[[Client], Awaitable[None]]] = {
    "watch": watch,
    "names": names,
    "refused": refused,
    "reset": reset,
    "connections": connections,
    "reflections": reflections,
    "unread": unread,
    **{name: of(name) for name in FILLED},
    "ends": sending(ends),
    "utterances": sending(utterances),
    "empties": sending(empties),
    "unknown": sending(unknown),
    "sound": sending(sound),
    "speech": speech,
    "left": left,
    "wishes": wishes,
}


async def main() -> None:
    name, address, path = sys.argv[1:]
    client = Client(address, Path(path).read_bytes())
    burden = asyncio.ensure_future(BURDENS[name](client))
    while not burden.done():
        print(dict(client.told.most_common(4)), flush=True)
        await asyncio.wait([burden], timeout=0.5)
    print(dict(client.told.most_common(4)), flush=True)
    await burden


if __name__ == "__main__":
    asyncio.run(main())
