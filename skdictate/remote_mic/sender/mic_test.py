"""``mic test``: measures a microphone, and the connection to an app."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from array import array
from contextlib import aclosing
from dataclasses import dataclass

from skdictate.audio.pcm import FULL_SCALE, Format, Level, measure
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, Type
from skdictate.remote_mic.sender.transport import Transport, TransportConnection
from skdictate.sources.base import Named, Source
from skdictate.sources.mic_process import reported_problem

N_PINGS = 10
ANSWER_S = 20.0


@dataclass(frozen=True, slots=True)
class SoundSample:
    """What was measured of the sound."""

    label: str
    seconds: float
    level: Level
    clipped: float
    """The share of samples at full scale."""
    zero: float
    """The share of samples that are zero; 1 if the microphone is muted."""
    first_s: float
    """Seconds from the start to the first sound."""


async def listen(source: Source, seconds: float) -> SoundSample:
    """Measure a source for some seconds.

    Raises:
        ProblemError: there is no sound.
    """
    samples = array("h")
    label, first_s = source.name, 0.0
    began_s = time.monotonic()
    async with source, aclosing(aiter(source)) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Named):
                label = item.name
            elif isinstance(item, bytes):
                first_s = first_s or time.monotonic() - began_s
                samples.frombytes(item)
            if source.format.seconds(len(samples)) >= seconds:
                break
    n = max(1, len(samples))
    n_clipped = sum(abs(it) >= FULL_SCALE - 1 for it in samples)
    heard_s = source.format.seconds(len(samples))
    level = measure(samples.tobytes())
    return SoundSample(label, heard_s, level, n_clipped / n, samples.count(0) / n, first_s)


@dataclass(frozen=True, slots=True)
class ConnectionTiming:
    """What was measured of the connection."""

    connected_s: float
    """Seconds from the start of ssh to the first byte of the app."""
    journeys_s: tuple[float, ...]
    """Round trips in seconds, sorted."""

    @property
    def median_s(self) -> float:
        """The median round trip in seconds."""
        return self.journeys_s[len(self.journeys_s) // 2]


async def measure_way(transport: Transport, sound: Format) -> ConnectionTiming:
    """Connect as a probe, which does not disturb a dictation, and measure round trips.

    Raises:
        ProblemError: the app cannot be reached.
    """
    began_s = time.monotonic()
    connection = await transport.open(may_ask=True)
    try:
        async with asyncio.timeout(ANSWER_S):
            return await _knock(connection, sound, began_s)
    except TimeoutError as error:
        detail = f"{transport.name} has said nothing for {ANSWER_S:.0f} seconds"
        raise ProblemError(Problem(Kind.NETWORK, "No answer", detail)) from error
    finally:
        await connection.close()


async def _knock(
    connection: TransportConnection, sound: Format, began_s: float
) -> ConnectionTiming:
    said = {
        "v": 1,
        "token": connection.token,
        "stream": secrets.token_hex(8),
        "rate_hz": sound.rate_hz,
        "probe": True,
    }
    connection.write(PREAMBLE + Frame(Type.HELLO, payload=json.dumps(said).encode()).encode())
    decoder = Decoder(has_preamble=False, is_peer=True)
    journeys_s: list[float] = []
    connected_s = 0.0
    connection.write(_ping())
    while len(journeys_s) <= N_PINGS:
        data = await connection.read()
        if not data:
            problem = await connection.ending()
            raise ProblemError(problem or Problem(Kind.NETWORK, "The line was closed there"))
        connected_s = connected_s or time.monotonic() - began_s
        for frame in decoder.feed(data):
            if frame.type is Type.TROUBLE:
                raise ProblemError(reported_problem(json.loads(frame.payload)))
            if frame.type is Type.PONG:
                journeys_s.append((time.monotonic_ns() - frame.capture_ns) / 1e9)
                connection.write(_ping())
    return ConnectionTiming(connected_s, tuple(sorted(journeys_s[1:])))


def _ping() -> bytes:
    return Frame(Type.PING, capture_ns=time.monotonic_ns()).encode()
