"""Sound in memory: whatever the disk does, what is in the file in the end is what was said."""

from __future__ import annotations

import random

import pytest

from skdictate.core.audio import Format
from skdictate.library.reserve import Bite, Reserve

SOUND = Format(100)
"""Samples are scarce, so that few are a long time."""


def said(start: int, end: int) -> bytes:
    return b"".join((1 + n % 32_000).to_bytes(2, "little") for n in range(start, end))


class File:
    """What a disk has taken."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, bite: Bite) -> None:
        pcm = bytes(2 * (bite.end - bite.start)) if bite.pcm is None else bite.pcm
        assert len(pcm) == 2 * (bite.end - bite.start)
        assert bite.start * 2 <= len(self.data)
        self.data = self.data[: bite.start * 2] + pcm

    def lose(self, safe: int) -> None:
        """A disk that fails to sync may have lost what was not safe."""
        self.data = self.data[: 2 * safe]


@pytest.mark.parametrize("seed", range(40))
def test_in_the_end_the_file_has_all_but_what_is_said_to_be_lost(seed: int) -> None:
    rng = random.Random(seed)
    reserve = Reserve(SOUND, most_bytes=rng.choice((400, 3_000, 100_000)))
    file = File()
    expected = b""
    is_working = True
    for _ in range(600):
        if rng.random() < 0.03:
            is_working = not is_working
        n_samples = rng.choice((1, 7, 20, 50))
        if rng.random() < 0.05:
            reserve.skip(300)
            expected += bytes(600)
        pcm = said(reserve.head, reserve.head + n_samples)
        if reserve.append(pcm):
            expected += pcm
        else:
            assert not is_working or reserve.settled < reserve.head
            reserve.skip(n_samples)
            expected += bytes(len(pcm))
        if rng.random() < 0.5:
            reserve.settled = max(reserve.settled, reserve.head - rng.randint(0, 400))
        _write(reserve, file, rng, is_working=is_working)
        assert reserve.size_bytes <= reserve.most_bytes
        start = rng.randint(max(reserve.first, reserve.settled), reserve.head)
        assert reserve.read(start, reserve.head) == expected[2 * start :]
    while reserve.synced < reserve.head:
        _write(reserve, file, rng, is_working=True)
    for start, end in reserve.lost:
        expected = expected[: 2 * start] + bytes(2 * (end - start)) + expected[2 * end :]
    assert file.data == expected
    assert reserve.n_unsafe == 0
    assert reserve.bite() is None


def _write(reserve: Reserve, file: File, rng: random.Random, *, is_working: bool) -> None:
    """Some of what a disk may do in a moment."""
    bite = reserve.bite()
    if bite is not None and is_working:
        file.write(bite)
        if rng.random() < 0.9:  # else it is written twice
            reserve.wrote(bite)
    if rng.random() < 0.2:
        if is_working:
            reserve.outlives(reserve.written)
        else:
            file.lose(max(reserve.first, reserve.synced))
            reserve.doubt()


def test_sound_that_is_recognised_goes_first_and_the_oldest_of_it() -> None:
    reserve = Reserve(SOUND, most_bytes=1_000)
    for _ in range(5):
        assert reserve.append(said(reserve.head, reserve.head + 100))
    assert not reserve.append(said(500, 600)), "nothing of it is recognised"
    reserve.settled = 250
    assert reserve.append(said(500, 600))
    assert reserve.append(said(600, 700))
    assert not reserve.append(said(700, 800)), "this is not recognised"
    assert reserve.lost == [(0, 200)]
    assert reserve.n_lost == 200


def test_better_sound_takes_the_place_of_what_is_here() -> None:
    reserve = Reserve(SOUND)
    for _ in range(30):
        reserve.append(said(reserve.head, reserve.head + 10))
    reserve.mend(95, said(1_000, 1_110))
    assert reserve.read(0, 300) == said(0, 95) + said(1_000, 1_110) + said(205, 300)


def test_what_is_safe_is_kept_for_those_who_send_it() -> None:
    reserve = Reserve(SOUND)
    for _ in range(300):
        reserve.append(said(reserve.head, reserve.head + 10))
        while (bite := reserve.bite()) is not None:
            reserve.wrote(bite)
        reserve.outlives(reserve.written)
    assert 3_000 - 1_200 <= reserve.first <= 3_000 - 1_000
