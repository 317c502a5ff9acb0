import math
from array import array

import pytest

from skdictate.audio.pcm import SILENCE_DBFS, Format, dbfs, measure


def pcm(*samples: int) -> bytes:
    return array("h", samples).tobytes()


def test_a_format_converts_between_samples_time_and_bytes() -> None:
    sound = Format(16_000)
    assert sound.samples(0.1) == 1600
    assert sound.samples_of_ms(25) == 400
    assert sound.seconds(8000) == 0.5
    assert sound.ms(15_999) == 999
    assert sound.size_bytes(3) == 6


def test_a_full_scale_square_wave_is_at_zero_and_clips() -> None:
    level = measure(pcm(32767, -32768) * 50)
    assert level.rms_dbfs == pytest.approx(0, abs=0.001)
    assert level.peak_dbfs == 0
    assert level.is_clipped


def test_a_sine_wave_has_its_rms_three_db_below_its_peak() -> None:
    wave = [round(3276.8 * math.sin(i / 10)) for i in range(6283)]
    level = measure(pcm(*wave))
    assert level.peak_dbfs == pytest.approx(-20, abs=0.01)
    assert level.rms_dbfs == pytest.approx(-23.01, abs=0.01)
    assert not level.is_clipped


@pytest.mark.parametrize("block", [b"", pcm(0, 0, 0)])
def test_silence_has_a_level_too(block: bytes) -> None:
    level = measure(block)
    assert (level.rms_dbfs, level.peak_dbfs, level.is_clipped) == (
        SILENCE_DBFS,
        SILENCE_DBFS,
        False,
    )


def test_nothing_is_quieter_than_silence() -> None:
    assert dbfs(0.0001) == SILENCE_DBFS
    assert dbfs(32768) == 0
