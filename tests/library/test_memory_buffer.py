"""Sound in memory: whatever the disk does, what is in the file in the end is what was said."""

from __future__ import annotations

import random

import pytest

from skdictate.audio.pcm import Format
from skdictate.library.memory_buffer import MemoryBuffer, WriteChunk

SOUND = Format(100)
"""Samples are scarce, so that few are a long time."""


def said(start: int, end: int) -> bytes:
    return b"".join((1 + n % 32_000).to_bytes(2, "little") for n in range(start, end))


class File:
    """What a disk has taken."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, bite: WriteChunk) -> None:
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
    memory_buffer = MemoryBuffer(SOUND, most_bytes=rng.choice((400, 3_000, 100_000)))
    file = File()
    expected = b""
    is_working = True
    for _ in range(600):
        if rng.random() < 0.03:
            is_working = not is_working
        n_samples = rng.choice((1, 7, 20, 50))
        if rng.random() < 0.05:
            memory_buffer.skip(300)
            expected += bytes(600)
        pcm = said(memory_buffer.head, memory_buffer.head + n_samples)
        if memory_buffer.append(pcm):
            expected += pcm
        else:
            assert not is_working or memory_buffer.settled < memory_buffer.head
            memory_buffer.skip(n_samples)
            expected += bytes(len(pcm))
        if rng.random() < 0.5:
            memory_buffer.settled = max(
                memory_buffer.settled, memory_buffer.head - rng.randint(0, 400)
            )
        _write(memory_buffer, file, rng, is_working=is_working)
        assert memory_buffer.size_bytes <= memory_buffer.most_bytes
        start = rng.randint(max(memory_buffer.first, memory_buffer.settled), memory_buffer.head)
        assert memory_buffer.read(start, memory_buffer.head) == expected[2 * start :]
    while memory_buffer.synced < memory_buffer.head:
        _write(memory_buffer, file, rng, is_working=True)
    for start, end in memory_buffer.lost:
        expected = expected[: 2 * start] + bytes(2 * (end - start)) + expected[2 * end :]
    assert file.data == expected
    assert memory_buffer.n_unsafe == 0
    assert memory_buffer.next_chunk() is None


def _write(
    memory_buffer: MemoryBuffer, file: File, rng: random.Random, *, is_working: bool
) -> None:
    """Some of what a disk may do in a moment."""
    bite = memory_buffer.next_chunk()
    if bite is not None and is_working:
        file.write(bite)
        if rng.random() < 0.9:  # else it is written twice
            memory_buffer.mark_written(bite)
    if rng.random() < 0.2:
        if is_working:
            memory_buffer.mark_synced(memory_buffer.written)
        else:
            file.lose(max(memory_buffer.first, memory_buffer.synced))
            memory_buffer.rewrite_unsynced()


def test_sound_that_is_recognised_goes_first_and_the_oldest_of_it() -> None:
    memory_buffer = MemoryBuffer(SOUND, most_bytes=1_000)
    for _ in range(5):
        assert memory_buffer.append(said(memory_buffer.head, memory_buffer.head + 100))
    assert not memory_buffer.append(said(500, 600)), "nothing of it is recognised"
    memory_buffer.settled = 250
    assert memory_buffer.append(said(500, 600))
    assert memory_buffer.append(said(600, 700))
    assert not memory_buffer.append(said(700, 800)), "this is not recognised"
    assert memory_buffer.lost == [(0, 200)]
    assert memory_buffer.n_lost == 200


def test_better_sound_takes_the_place_of_what_is_here() -> None:
    memory_buffer = MemoryBuffer(SOUND)
    for _ in range(30):
        memory_buffer.append(said(memory_buffer.head, memory_buffer.head + 10))
    memory_buffer.overwrite(95, said(1_000, 1_110))
    assert memory_buffer.read(0, 300) == said(0, 95) + said(1_000, 1_110) + said(205, 300)


def test_what_is_safe_is_kept_for_those_who_send_it() -> None:
    memory_buffer = MemoryBuffer(SOUND)
    for _ in range(300):
        memory_buffer.append(said(memory_buffer.head, memory_buffer.head + 10))
        while (bite := memory_buffer.next_chunk()) is not None:
            memory_buffer.mark_written(bite)
        memory_buffer.mark_synced(memory_buffer.written)
    assert 3_000 - 1_200 <= memory_buffer.first <= 3_000 - 1_000
