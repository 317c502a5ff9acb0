"""Late is not lost. One sample is one millisecond; blocks are of 20."""

from __future__ import annotations

import random

import pytest

from skdictate.audio.continuity import Continuity, Missing
from skdictate.audio.pcm import Format

BLOCK = 20


class Stream:
    """A microphone whose blocks arrive when the test says so."""

    def __init__(self, jitter_s: float = 0.0, drift: float = 0.0) -> None:
        self.continuity = Continuity(Format(1000))
        self.rng = random.Random(1)
        self.jitter_s = jitter_s
        self.drift = drift
        self.now_s = 100.0
        self.n_spoken = 0
        self.out: list[bytes | Missing] = []

    def run(self, seconds: float, *, in_one_rush: bool = False) -> None:
        """The next blocks, each as it is spoken, or all at the end."""
        begun_s = self.now_s
        for _ in range(round(seconds * 1000 / BLOCK)):
            self.now_s += BLOCK / 1000 * (1 + self.drift)
            late_s = self.rng.random() * self.jitter_s
            at_s = begun_s + seconds + 0.001 if in_one_rush else self.now_s + late_s
            number = self.n_spoken.to_bytes(BLOCK * 2, "little")
            self.out += self.continuity.feed(number, at_s)
            self.n_spoken += 1

    def lose(self, seconds: float) -> None:
        self.now_s += seconds

    @property
    def missing_s(self) -> float:
        return sum(it.n_samples for it in self.out if isinstance(it, Missing)) / 1000

    def numbers(self) -> list[int]:
        return [int.from_bytes(it, "little") for it in self.out if isinstance(it, bytes)]


def test_healthy_sound_passes_at_once() -> None:
    stream = Stream(jitter_s=0.04)
    for _ in range(200):
        stream.run(0.02)
        assert len(stream.out) == stream.n_spoken


@pytest.mark.parametrize("jitter_s", [0.0, 0.03])
@pytest.mark.parametrize("lost_s", [0.0, 0.1, 0.2, 0.4, 3.0])
def test_what_the_same_device_lost_while_its_process_was_replaced_is_missing(
    lost_s: float, jitter_s: float
) -> None:
    stream = Stream(jitter_s=jitter_s)
    stream.run(2)
    stream.lose(lost_s)
    stream.continuity.restarted(stream.now_s)
    stream.run(2)
    assert stream.missing_s == pytest.approx(lost_s, abs=0.03)
    assert stream.numbers() == list(range(stream.n_spoken))


def test_another_device_may_be_later_by_nature_whatever_is_said_of_it_then() -> None:
    stream = Stream()
    stream.continuity.restarted(stream.now_s)  # nothing was heard yet: nothing can be missing
    stream.run(2)
    stream.lose(0.2)
    stream.continuity.changed(stream.now_s)
    stream.continuity.restarted(stream.now_s)
    stream.run(2)
    assert stream.missing_s == 0


def test_what_comes_late_in_one_rush_is_not_missing() -> None:
    stream = Stream(jitter_s=0.03)
    stream.run(2)
    stream.run(3, in_one_rush=True)
    stream.run(2)
    assert stream.missing_s == 0
    assert stream.numbers() == list(range(stream.n_spoken))


@pytest.mark.parametrize("lost_s", [0.3, 1.0, 8.0, 3600.0])
def test_what_was_lost_is_known_to_the_jitter(lost_s: float) -> None:
    stream = Stream(jitter_s=0.03)
    stream.run(2)
    stream.lose(lost_s)
    stream.run(2)
    assert stream.missing_s == pytest.approx(lost_s, abs=0.04)
    assert stream.numbers() == list(range(stream.n_spoken))
    assert isinstance(stream.out[100], Missing), "where it was lost"


def test_a_loss_after_a_rush_is_told_from_the_rush() -> None:
    stream = Stream(jitter_s=0.03)
    stream.run(2)
    stream.run(2, in_one_rush=True)
    stream.lose(5)
    stream.run(2)
    assert stream.missing_s == pytest.approx(5, abs=0.04)


def test_an_overrun_that_cost_little_is_found_when_it_is_suspected() -> None:
    stream = Stream(jitter_s=0.01)
    stream.run(2)
    stream.lose(0.15)
    stream.continuity.overrun(stream.now_s)
    stream.run(1)
    missing = [it for it in stream.out if isinstance(it, Missing)]
    assert [it.is_overrun for it in missing] == [True]
    assert missing[0].n_samples == pytest.approx(150, abs=12)
    stream.continuity.overrun(stream.now_s)
    stream.run(1)
    assert stream.missing_s == pytest.approx(0.15, abs=0.012), "a suspicion is not a loss"


def test_a_suspicion_before_any_sound_or_twice_changes_nothing() -> None:
    stream = Stream()
    stream.continuity.overrun(stream.now_s)
    stream.continuity.changed(stream.now_s)
    stream.run(1)
    stream.continuity.changed(stream.now_s)
    stream.continuity.overrun(stream.now_s + 0.01)
    stream.run(1)
    assert stream.missing_s == 0
    assert len(stream.out) == stream.n_spoken


def test_another_device_may_be_later_by_nature_and_is_compared_with_itself() -> None:
    stream = Stream(jitter_s=0.03)
    stream.run(2)
    stream.continuity.changed(stream.now_s)
    stream.lose(0.2)
    stream.run(2)
    stream.run(1, in_one_rush=True)
    stream.run(2)
    assert stream.missing_s == 0
    stream.lose(1)
    stream.run(1)
    assert stream.missing_s == pytest.approx(1, abs=0.04)


def test_clocks_that_part_slowly_lose_nothing() -> None:
    stream = Stream(jitter_s=0.03, drift=300e-6)
    stream.run(3600)
    assert stream.missing_s == 0


def test_the_end_of_an_outage_is_the_end_of_the_dictation() -> None:
    stream = Stream()
    stream.run(2)
    stream.out += stream.continuity.ended(stream.now_s + 7)
    assert stream.missing_s == pytest.approx(7)


def test_an_end_in_good_order_misses_nothing_even_while_blocks_are_held() -> None:
    stream = Stream()
    stream.out += stream.continuity.ended(stream.now_s)
    stream.run(2)
    stream.lose(1)
    stream.run(0.1)
    stream.out += stream.continuity.ended(stream.now_s)
    assert stream.missing_s == pytest.approx(1, abs=0.01)
    assert stream.numbers() == list(range(stream.n_spoken))
