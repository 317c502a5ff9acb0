from __future__ import annotations

import numpy as np
import pytest

from skdictate.audio.resampling import Converter


def interleaved(*channels: list[int]) -> bytes:
    return np.array(channels, "<i2").T.tobytes()


@pytest.mark.parametrize(
    ("channel", "expected"), [(0, [200, -50]), (1, [100, 0]), (2, [300, -100]), (9, [300, -100])]
)
def test_channels_are_mixed_or_one_is_taken(channel: int, expected: list[int]) -> None:
    pcm = interleaved([100, 0], [300, -100])
    converted = Converter(16_000, 16_000, 2).convert_pcm(pcm, channel)
    assert np.frombuffer(converted, "<i2").tolist() == expected


def test_one_channel_at_the_wanted_rate_is_left_as_it_is() -> None:
    pcm = np.array([-32768, -1, 0, 1, 32767], "<i2").tobytes()
    assert Converter(8_000, 8_000).convert_pcm(pcm) == pcm


@pytest.mark.parametrize("from_hz", [8_000, 44_100, 48_000])
def test_the_seams_between_blocks_are_not_heard(from_hz: int) -> None:
    times = np.arange(from_hz) / from_hz
    tone = np.rint(np.sin(2 * np.pi * 440 * times) * 10_000).astype("<i2")
    converter = Converter(from_hz, 16_000)
    n = from_hz // 50
    pieces = [converter.convert_pcm(tone[at : at + n].tobytes()) for at in range(0, from_hz, n)]
    pieces.append(converter.convert_pcm(b"", is_last=True))
    heard = np.frombuffer(b"".join(pieces), "<i2")
    assert len(heard) == pytest.approx(16_000, abs=2)
    expected = np.sin(2 * np.pi * 440 * np.arange(len(heard)) / 16_000) * 10_000
    middle = slice(1_000, -1_000)
    assert np.abs(heard[middle] - expected[middle]).max() < 10
