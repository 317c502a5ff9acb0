from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from skdictate.audio.pcm import Format
from skdictate.errors import Exit, ProblemError
from skdictate.sources.file_source import FileSource, demo_paths
from skdictate.sources.pacing import Pace

SOUND = Format(16_000)


def tone(rate_hz: int, seconds: float, channels: int = 1) -> Any:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave[:, None], channels, axis=1)


async def collect(source: FileSource) -> bytes:
    async with source:
        return b"".join([block async for block in source])


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
async def test_any_recording_comes_out_in_our_format(
    tmp_path: Path, rate_hz: int, suffix: str
) -> None:
    path = tmp_path / f"tone{suffix}"
    soundfile.write(path, tone(rate_hz, 1.0, channels=2), rate_hz)
    pcm = np.frombuffer(await collect(FileSource([path], SOUND, 0)), "<i2")
    assert len(pcm) == pytest.approx(16_000, abs=20)
    spectrum = np.abs(np.fft.rfft(pcm[:16_000].astype(float), 16_000))
    assert int(spectrum.argmax()) == pytest.approx(440, abs=1)
    assert np.abs(pcm).max() == pytest.approx(16_384, rel=0.05)


async def test_samples_of_our_own_format_pass_untouched(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32767, 12_345, dtype=np.int16)
    path = tmp_path / "noise.wav"
    soundfile.write(path, samples, 16_000, subtype="PCM_16")
    assert await collect(FileSource([path], SOUND, 0)) == samples.tobytes()
    raw = tmp_path / "noise.raw"
    raw.write_bytes(samples.tobytes())
    assert await collect(FileSource([raw], SOUND, 0)) == samples.tobytes()


async def test_several_files_follow_each_other(tmp_path: Path) -> None:
    for name in ("a.raw", "b.raw"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    source = FileSource([tmp_path / "a.raw", tmp_path / "b.raw"], SOUND, 0)
    assert await collect(source) == b"a.raw" * 100 + b"b.raw" * 100
    assert source.name == "a.raw, b.raw"


async def test_stopping_ends_it_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(bytes(32_000 * 60))
    source = FileSource([path], SOUND, 0)
    n_blocks = 0
    async with source:
        async for _ in source:
            n_blocks += 1
            source.stop()
    assert n_blocks == 1


@pytest.mark.parametrize("name", ["missing.wav", "folder", "text.wav"])
async def test_what_is_no_recording_is_said_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(ProblemError, match="cannot be read") as caught:
        await collect(FileSource([tmp_path / name], SOUND, 0))
    assert caught.value.problem.exit_code is Exit.USAGE


def test_the_demo_is_there() -> None:
    assert [path.name for path in demo_paths()] == ["two_cities.wav", "beckett.wav"]


@pytest.mark.parametrize(
    ("speed", "least_s", "most_s"), [(1, 0.19, 0.6), (10, 0.019, 0.3), (0, 0, 0.1)]
)
async def test_the_pace_is_that_of_speech_or_faster(
    speed: float, least_s: float, most_s: float
) -> None:
    loop = asyncio.get_running_loop()
    pace = Pace(speed)
    began_s = loop.time()
    for _ in range(20):
        await pace.after(0.01)
    assert least_s <= loop.time() - began_s <= most_s


async def test_a_pace_does_not_hurry_after_a_pause() -> None:
    loop = asyncio.get_running_loop()
    pace = Pace(1)
    await pace.after(0.01)
    await asyncio.sleep(0.5)
    began_s = loop.time()
    for _ in range(30):
        await pace.after(0.01)
    assert loop.time() - began_s >= 0.05
