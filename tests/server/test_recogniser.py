"""The real model on real speech."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import soxr

from skdictate.server.recogniser import Moonshine, Utterance


@pytest.fixture(scope="module")
def model() -> Iterator[Moonshine]:
    yield Moonshine()


def heard(model: Moonshine, path: Path, rate_hz: int, block_ms: int) -> list[Utterance]:
    sound, from_hz = soundfile.read(path, dtype="float32")
    pcm = (soxr.resample(sound, from_hz, rate_hz) * 32767).astype("<i2").tobytes()
    stream = model.open(rate_hz)
    step = rate_hz * block_ms // 1000 * 2
    utterances: list[Utterance] = []
    for start in range(0, len(pcm), step):
        utterances += [u for u in stream.feed(pcm[start : start + step]) if u.is_complete]
    utterances += stream.finish()
    stream.close()
    return utterances


@pytest.mark.parametrize(("rate_hz", "block_ms"), [(16_000, 100), (8_000, 500), (48_000, 2000)])
def test_speech_is_recognised_at_every_rate_and_in_any_blocks(
    model: Moonshine, beckett: Path, rate_hz: int, block_ms: int
) -> None:
    utterances = heard(model, beckett, rate_hz, block_ms)
    text = " ".join(u.text for u in utterances).lower()
    assert "ever tried" in text
    assert "no matter" in text
    assert "try again" in text
    assert all(u.is_complete for u in utterances)
    times = [time for u in utterances for time in (u.start_ms, u.end_ms)]
    assert times == sorted(times)
    assert times[-1] <= 10_000


def test_the_last_word_is_heard_even_when_the_sound_ends_with_it(
    model: Moonshine, beckett: Path, tmp_path: Path
) -> None:
    sound, rate_hz = soundfile.read(beckett)
    cut = tmp_path / "cut.wav"
    soundfile.write(cut, sound[: int(rate_hz * 1.45)], rate_hz)
    assert "tried" in heard(model, cut, 16_000, 100)[-1].text.lower()


def test_silence_gives_nothing(model: Moonshine) -> None:
    stream = model.open(16_000)
    assert [u for _ in range(10) for u in stream.feed(bytes(16_000))] == []
    assert stream.finish() == []
    stream.close()


def test_a_stream_without_sound_can_be_finished(model: Moonshine) -> None:
    stream = model.open(8_000)
    assert stream.finish() == []
    stream.close()
