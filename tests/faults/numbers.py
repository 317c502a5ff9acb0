"""A speaker who counts, and an ear that reads the numbers off the sound.

Each sample of a spoken number carries it, so that whoever heard only part of one knows: a number
that was cut comes out as ``~n``, which no transcript may contain. Between the words is the noise of
a room. The sound is made as it is asked for: an hour takes no more room than a second.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdictate.audio.pcm import Format

_HIGH, _LOW, _BASE = 10_000, 9_000, 1_000
_NOISE = 30
_LEAST = 8
"""Samples; what is shorter than this is the seam of two numbers, or a sliver of one."""
Samples = np.ndarray[Any, np.dtype[np.int16]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A number and where it was said, in samples."""

    number: int
    start: int
    end: int


def length(number: int, sound: Format) -> int:
    """How many samples a number takes: a short one an eighth of a second, a long one a quarter."""
    return sound.samples_of_ms(120 + 32 * (number % 5))


@dataclass
class Script:
    """What will be said, and when."""

    sound: Format
    words: list[Spoken] = field(default_factory=list)
    n_samples: int = 0

    def say(self, n_words: int, *, gap_s: float, pause_s: float) -> None:
        """Count on, with a gap after each word and a pause at the end."""
        for _ in range(n_words):
            number = len(self.words) + 1
            end = self.n_samples + length(number, self.sound)
            self.words.append(Spoken(number, self.n_samples, end))
            self.n_samples = end + self.sound.samples(gap_s)
        self.n_samples += self.sound.samples(pause_s)

    def between(self, start_s: float, end_s: float) -> list[Spoken]:
        """What is being said in that time."""
        start, end = self.sound.samples(start_s), self.sound.samples(end_s)
        return [word for word in self.words if word.end > start and word.start < end]

    def pcm(self, start: int, end: int) -> bytes:
        """The sound of ``[start, end)``, s16le."""
        samples = np.resize(_ROOM, end - start)
        index = bisect_right(self.words, start, key=lambda word: word.end)
        while index < len(self.words) and self.words[index].start < end:
            word = self.words[index]
            first, last = max(start, word.start), min(end, word.end)
            said = samples[first - start : last - start]
            is_odd = (first - word.start) % 2
            said[is_odd::2] = _HIGH + word.number // _BASE
            said[1 - is_odd :: 2] = -(_LOW + word.number % _BASE)
            index += 1
        return samples.tobytes()


_ROOM: Samples = np.random.default_rng(1).integers(-_NOISE, _NOISE, 4_001).astype(np.int16)


def talk(sound: Format, length_s: float, rng: random.Random) -> Script:
    """Somebody who dictates: sentences, and pauses to think."""
    script = Script(sound)
    while script.n_samples < sound.samples(length_s):
        pause_s = rng.choice((0.4, 0.7, 1.2, 2.5, 6.0))
        script.say(rng.randint(1, 25), gap_s=rng.uniform(0.01, 0.12), pause_s=pause_s)
    return script


def monologue(sound: Format, length_s: float, rng: random.Random) -> Script:
    """Somebody who never stops for longer than it takes to close the lips."""
    script = Script(sound)
    while script.n_samples < sound.samples(length_s):
        script.say(1, gap_s=rng.uniform(0.01, 0.09), pause_s=0)
    script.n_samples += sound.samples(1.0)
    return script


def musing(sound: Format, length_s: float, rng: random.Random) -> Script:
    """Somebody who says a sentence now and then, and is silent for minutes."""
    script = Script(sound)
    while script.n_samples < sound.samples(length_s):
        script.say(rng.randint(3, 20), gap_s=0.05, pause_s=rng.uniform(5, 150))
    return script


STYLES = {"talk": talk, "monologue": monologue, "musing": musing}


@dataclass(slots=True)
class Heard:
    """A number in what was heard, in samples of the session."""

    number: int
    start: int
    end: int

    def text(self, sound: Format) -> str:
        """The number; or that it was cut."""
        whole = length(self.number, sound) - 1
        return str(self.number) if self.end - self.start >= whole else f"~{self.number}"


class Ear:
    """Reads the sound as it comes; ``words`` are those that were not taken yet."""

    def __init__(self, sound: Format) -> None:
        self.sound = sound
        self.n_samples = 0
        self.words: list[Heard] = []
        self._tail: Samples = np.zeros(0, np.int16)

    def feed(self, pcm: bytes) -> None:
        """More of it."""
        new: Samples = np.concatenate([self._tail, np.frombuffer(pcm, np.int16)])
        base = self.n_samples - len(self._tail)
        self.n_samples += len(pcm) // 2
        self._tail = new[-1:]
        if len(new) < 2 or int(new.max()) < _HIGH:
            return
        high = np.maximum(new[:-1], new[1:]).astype(np.int32)
        low = -np.minimum(new[:-1], new[1:]).astype(np.int32)
        is_word = (high >= _HIGH) & (low >= _LOW)
        numbers = np.where(is_word, (high - _HIGH) * _BASE + low - _LOW, -1)
        edges = np.flatnonzero(np.diff(numbers, prepend=-2))
        for start, end in zip(edges, [*edges[1:], len(numbers)], strict=True):
            if numbers[start] >= 0:
                self._add(int(numbers[start]), base + int(start), base + int(end) + 1)

    def _add(self, number: int, start: int, end: int) -> None:
        last = self.words[-1] if self.words else None
        if last is not None and last.number == number and start <= last.end:
            last.end = end
            return
        if last is not None and last.end - last.start < _LEAST:
            self.words.pop()
        self.words.append(Heard(number, start, end))

    def whole(self, *, is_end: bool) -> list[Heard]:
        """The words so far; at the end also one that is still being said."""
        words = [word for word in self.words if word.end - word.start >= _LEAST]
        if words and not is_end and words[-1].end == self.n_samples:
            is_open = words[-1].end - words[-1].start < length(words[-1].number, self.sound)
            return words[:-1] if is_open else words
        return words

    @property
    def is_amid(self) -> bool:
        """A word is being said."""
        return bool(self.words) and self.words[-1].end == self.n_samples

    def take(self, n_words: int) -> None:
        """These were told."""
        last = self.whole(is_end=True)[n_words - 1]
        self.words = [word for word in self.words if word.start > last.start]
