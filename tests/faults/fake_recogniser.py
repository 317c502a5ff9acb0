"""What a recogniser that hears numbers says of them, and when: its manners are many, by seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Event, Final, Partial, Refinement, Word
from tests.core.slips import NONE, Slip, Slips
from tests.faults.numbers import Ear, Heard

SILENCE_S = 4.0
"""A long silence is said to be an utterance of no words, as often."""


@dataclass(frozen=True)
class Manners:
    """How this recogniser behaves when all is well."""

    pause_s: float = 0.3
    """Silence that ends an utterance."""
    longest_s: float = 15.0
    """Speech without such a pause gets a final after this."""
    hangover_s: float = 0.1
    """Silence after the last word that a final settles too."""
    delay_s: float = 0.1
    """How late its answers are; each by something between half of it and all."""
    partials: float = 0.5
    """How often it has a guess to offer, after each message."""
    has_words: bool = True
    """It says where each word is."""
    slip: Slip = NONE
    """What is wrong with its times, or with it."""

    @property
    def is_quick(self) -> bool:
        """Its guesses come soon and often, so that one that is late had another reason."""
        return self.delay_s <= 0.1 and self.partials >= 0.5

    @classmethod
    def of(cls, rng: random.Random) -> Manners:
        """Any of those that there may be."""
        return cls(
            pause_s=rng.choice((0.2, 0.3, 0.6)),
            longest_s=rng.choice((6.0, 15.0)),
            hangover_s=rng.choice((0.0, 0.1, 0.15)),
            delay_s=rng.choice((0.0, 0.1, 0.5, 2.0)),
            partials=rng.choice((0.1, 0.5, 1.0)),
        )


@dataclass(frozen=True, slots=True)
class Said:
    """One thing it says, with how far it has come."""

    event: Event
    heard_ms: int
    final_ms: int
    n_finals: int
    is_end: bool = False
    """Of an utterance, too."""


class Teller:
    """One session's answers."""

    def __init__(self, sound: Format, manners: Manners, rng: random.Random) -> None:
        self._sound = sound
        self._manners = manners
        self._rng = rng
        self._ear = Ear(sound)
        self._n_finals = 0
        self._final_end = 0
        self._silence_end = 0
        self._slips = Slips(manners.slip, rng)

    def slipped(self, said: Iterator[Said], *, is_end: bool = False) -> Iterator[Said]:
        """What it says instead, if something is wrong with it."""
        if self._manners.slip == NONE:
            yield from said
            return
        sent_ms = self._sound.ms(self._ear.n_samples)
        last = Said(EndOfUtterance(0), sent_ms, 0, 0)
        for last in said:
            yield from self._instead(last, last.event, sent_ms)
        if is_end:
            yield from self._instead(last, None, sent_ms)

    def _instead(self, said: Said, event: Event | None, sent_ms: int) -> Iterator[Said]:
        for bent in self._slips(event, sent_ms):
            settled_ms = bent.settled_ms if isinstance(bent, Final) else said.final_ms
            yield replace(said, event=bent, final_ms=settled_ms)

    def feed(self, pcm: bytes) -> Iterator[Said]:
        """What there is to say after this much more."""
        self._ear.feed(pcm)
        while (n_words := self._n_complete()) > 0:
            yield from self._finalise(n_words, is_end=False)
        words = self._ear.whole(is_end=False)
        if words and self._rng.random() < self._manners.partials:
            yield self._said(Partial(self._text(words), self._words(words)))
        if not words and not self._ear.is_amid:
            yield from self._silence()

    def end_utterance(self) -> Iterator[Said]:
        """The client says that it ends here."""
        if n_words := len(self._ear.whole(is_end=False)):
            yield from self._finalise(n_words, is_end=False)

    def finish(self) -> Iterator[Said]:
        """No more will come."""
        if n_words := len(self._ear.whole(is_end=True)):
            yield from self._finalise(n_words, is_end=True)

    def _n_complete(self) -> int:
        """Words of the first utterance, if that is over; else 0."""
        words = self._ear.whole(is_end=False)
        for index, word in enumerate(words):
            is_last = index == len(words) - 1
            following = words[index + 1].start if not is_last else self._ear.n_samples
            if is_last and self._ear.is_amid:
                following = self._ear.words[-1].start
            is_pause = following - word.end >= self._sound.samples(self._manners.pause_s)
            lasted = word.end - words[0].start
            if is_pause or (lasted >= self._sound.samples(self._manners.longest_s) and not is_last):
                return index + 1
        return 0

    def _finalise(self, n_words: int, *, is_end: bool) -> Iterator[Said]:
        words = self._ear.whole(is_end=is_end)[:n_words]
        self._ear.take(n_words)
        end = words[-1].end
        is_pause = not self._ear.words
        hangover = self._sound.samples(self._manners.hangover_s) if is_pause else 0
        self._final_end = self._silence_end = min(end + hangover, self._ear.n_samples)
        text, index = self._text(words), self._n_finals
        start_ms, end_ms = self._sound.ms(words[0].start), self._ms_up(end)
        settled_ms = self._sound.ms(self._final_end)
        self._n_finals += 1
        told = self._words(words)
        final = Final(text, start_ms, end_ms, told, settled_ms, index)
        yield replace(self._said(final), is_end=is_pause)
        yield self._said(Refinement(index, text))
        if is_pause:
            yield self._said(EndOfUtterance(settled_ms))

    def _silence(self) -> Iterator[Said]:
        quiet_until = self._ear.n_samples - self._sound.samples(0.5)
        if quiet_until - self._silence_end >= self._sound.samples(SILENCE_S):
            self._silence_end = quiet_until
            yield self._said(EndOfUtterance(self._sound.ms(quiet_until)))

    def _said(self, event: Event) -> Said:
        heard_ms, final_ms = self._sound.ms(self._ear.n_samples), self._sound.ms(self._final_end)
        return Said(event, heard_ms, final_ms, self._n_finals)

    def _text(self, words: list[Heard]) -> str:
        return " ".join(word.text(self._sound) for word in words)

    def _words(self, words: list[Heard]) -> tuple[Word, ...]:
        if not self._manners.has_words:
            return ()
        return tuple(
            Word(word.text(self._sound), self._sound.ms(word.start), self._ms_up(word.end))
            for word in words
        )

    def _ms_up(self, n_samples: int) -> int:
        """An end in whole milliseconds is not before the word's."""
        return -(-n_samples * 1000 // self._sound.rate_hz)
