from __future__ import annotations

import asyncio
import io
import os
import struct
import threading
import wave

import numpy as np
import pytest

from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.sources.stdin_source import StdinSource

SOUND = Format(16_000)
NOISE = np.random.default_rng(2).integers(-9000, 9000, 8_000, dtype=np.int16).tobytes()


def wav(pcm: bytes, *, rate_hz: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(pcm)
    return buffer.getvalue()


async def through(data: bytes, step: int = 5_000) -> bytes:
    read_fd, write_fd = os.pipe()

    def write() -> None:
        with os.fdopen(write_fd, "wb", buffering=0) as pipe:
            for start in range(0, len(data), step):
                pipe.write(data[start : start + step])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        async with StdinSource(SOUND, read_fd) as source:
            return b"".join([block async for block in source])
    finally:
        writer.join()
        os.close(read_fd)


@pytest.mark.parametrize("step", [1, 3, 777, 100_000])
async def test_raw_samples_pass_untouched_however_they_are_cut(step: int) -> None:
    data = NOISE[:4_000] if step == 1 else NOISE
    assert await through(data, step) == data


async def test_a_wav_is_told_by_its_first_bytes() -> None:
    assert await through(wav(NOISE)) == NOISE


async def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert await through(NOISE + b"x") == NOISE


async def test_what_follows_the_sound_of_a_wav_is_no_sound() -> None:
    assert await through(wav(NOISE) + b"LIST" + bytes(100)) == NOISE


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
async def test_a_wav_that_does_not_know_its_length_is_read_to_the_end(size: int) -> None:
    data = bytearray(wav(NOISE))
    data[40:44] = struct.pack("<I", size)
    assert await through(bytes(data)) == NOISE


async def test_a_stereo_wav_of_another_rate_is_converted() -> None:
    pcm = await through(wav(NOISE * 4, rate_hz=32_000, channels=2))
    assert len(pcm) == pytest.approx(len(NOISE), abs=80)


@pytest.mark.parametrize("data", [b"RIFF\x00", wav(b"abc" * 100, width=3), b"RIFFxxxxAVI " * 9])
async def test_what_is_no_sound_is_said_in_words(data: bytes) -> None:
    with pytest.raises(ProblemError, match="Standard input is no sound"):
        await through(data)


async def test_nothing_is_nothing() -> None:
    assert await through(b"") == b""


async def test_stopping_ends_it_while_the_pipe_is_open() -> None:
    read_fd, write_fd = os.pipe()
    os.write(write_fd, NOISE[:640])
    async with StdinSource(SOUND, read_fd) as source:
        asyncio.get_running_loop().call_later(0.1, source.stop)
        async with asyncio.timeout(5):
            assert b"".join([block async for block in source]) == NOISE[:640]
    os.close(write_fd)
