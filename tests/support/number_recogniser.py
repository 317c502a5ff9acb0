"""Numbers as sound, and a recogniser that reads them: loss and doubling can be read off the text.

Each sample of a spoken number carries the number, so that a recogniser that heard only part of it
says so: a cut number comes out as ``~n``, which no transcript may contain.
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skdictate.audio.pcm import Format
from skdictate.core.events import Word
from skdictate.server.recogniser import RecogniserStream, Utterance

LENGTH_S = 0.25
PAUSE_S = 0.3
LONGEST_S = 15.0
_HIGH, _LOW, _BASE = 10_000, 9_000, 1_000

Samples = np.ndarray[Any, np.dtype[np.int16]]


def number(n: int, sound: Format) -> Samples:
    """A spoken number: a quarter of a second, audible, and each pair of samples says which."""
    samples = np.empty(sound.samples(LENGTH_S), np.int16)
    samples[0::2] = _HIGH + n // _BASE
    samples[1::2] = -(_LOW + n % _BASE)
    return samples


def count(first: int, last: int, sound: Format, *, gap_s: float, pause_s: float, run: int) -> bytes:
    """Numbers ``first`` to ``last``, with a pause after every ``run`` of them."""
    pieces: list[Samples] = []
    for n in range(first, last + 1):
        pieces.append(number(n, sound))
        silence_s = pause_s if (n - first + 1) % run == 0 else gap_s
        pieces.append(np.zeros(sound.samples(silence_s), np.int16))
    return np.concatenate(pieces).tobytes()


def write(path: Path, pcm: bytes, sound: Format) -> Path:
    """The same as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, sound.rate_hz, 0, "NONE", ""))
        file.writeframes(pcm)
    return path


@dataclass(frozen=True)
class Heard:
    text: str
    start: int
    end: int


class EchoStream:
    """Says the numbers it hears, utterance by utterance. ``feed`` and ``finish`` as ever."""

    def __init__(self, sound: Format) -> None:
        self._format = sound
        self._start = 0
        """Position of the first sample that is not finalised."""
        self._samples: Samples = np.empty(0, np.int16)
        self._open_from: int | None = None

    def feed(self, pcm: bytes) -> list[Utterance]:
        self._samples = np.concatenate([self._samples, np.frombuffer(pcm, np.int16)])
        heard: list[Utterance] = []
        while (done := self._complete()) is not None:
            heard.append(done)
        words = [word for word in self._words() if word.end < len(self._samples)]
        if words:
            heard.append(self._utterance(words, is_complete=False))
        return heard

    def finish(self) -> list[Utterance]:
        heard: list[Utterance] = []
        while (done := self._complete()) is not None:
            heard.append(done)
        if words := list(self._words()):
            heard.append(self._utterance(words, is_complete=True))
        return heard

    def close(self) -> None:
        pass

    def _complete(self) -> Utterance | None:
        """The first utterance that is over, taken out of what is kept."""
        words = list(self._words())
        pause, longest = self._format.samples(PAUSE_S), self._format.samples(LONGEST_S)
        for index, word in enumerate(words):
            is_last = index == len(words) - 1
            following = len(self._samples) if is_last else words[index + 1].start
            is_long = word.end - words[0].start >= longest and not is_last
            if following - word.end >= pause or is_long:
                done = self._utterance(words[: index + 1], is_complete=True)
                self._samples = self._samples[word.end :]
                self._start += word.end
                return done
        return None

    def _words(self) -> Iterator[Heard]:
        """Runs of one number; positions within what is kept."""
        samples = self._samples
        if len(samples) < 2 or not samples.any():
            return
        lengths = self._format.samples(LENGTH_S)
        highs = np.where(samples > 0, samples, 0)
        lows = np.where(samples < 0, -samples, 0)
        pair_high = np.maximum(highs[:-1], highs[1:]).astype(np.int64)
        pair_low = np.maximum(lows[:-1], lows[1:]).astype(np.int64)
        is_sound = (pair_high > 0) & (pair_low > 0)
        numbers = (pair_high - _HIGH) * _BASE + pair_low - _LOW
        numbers = np.where(is_sound, np.maximum(numbers, -1), -1)  # other sound is no number
        edges = np.flatnonzero(np.diff(numbers, prepend=-2))
        for start, end in zip(edges, [*edges[1:], len(numbers)], strict=True):
            n, width = int(numbers[start]), int(end - start) + 1
            if n >= 0 and width > 8:
                mark = "" if width >= lengths - 1 else "~"
                yield Heard(f"{mark}{n}", int(start), int(start) + width)

    def _utterance(self, words: list[Heard], *, is_complete: bool) -> Utterance:
        times = tuple(Word(w.text, self._ms(w.start), self._ms(w.end)) for w in words)
        text = " ".join(word.text for word in words)
        return Utterance(text, times[0].start_ms, times[-1].end_ms, is_complete, times)

    def _ms(self, position: int) -> int:
        return self._format.ms(self._start + position)


class EchoRecogniser:
    """As the embedded one, for numbers."""

    name = "echo"
    language = "en-US"

    def open(self, rate_hz: int) -> RecogniserStream:
        return EchoStream(Format(rate_hz))


def numbers(text: str) -> list[int]:
    """The numbers of a transcript; a cut one is a failure."""
    assert "~" not in text, "a word was cut"
    return [int(word) for word in text.split()]
