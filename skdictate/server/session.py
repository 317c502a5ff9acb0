"""What one client is told: partials, finals, refinements and ends of utterances, with cursors.

Knows neither gRPC nor the version of the API. Blocks; runs on the recogniser's thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from skdictate.core.audio import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement
from skdictate.server.recogniser import RecogniserStream, Utterance
from skdictate.server.refine import refine

QUIET_MS = 4_000
"""Silence is settled in steps of this, as the service does with ends of utterance of no words."""
LOOK_BEHIND_MS = 1_000
"""The voice detector looks back this far at most when words begin."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """How far the session is, in milliseconds of its audio."""

    received_ms: int = 0
    processed_ms: int = 0
    final_ms: int = 0
    final_index: int = 0
    eou_ms: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to tell the client, with the cursors at that moment."""

    event: Partial | Final | Refinement | EndOfUtterance
    cursors: Cursors


class Session:
    """Turns utterances into what the service would say of them."""

    def __init__(self, stream: RecogniserStream, sound: Format, *, refines: bool) -> None:
        self.cursors = Cursors()
        self._stream = stream
        self._format = sound
        self._refines = refines
        self._n_samples = 0
        self._n_finals = 0
        self._is_open = False
        self._partial = ""
        self._offset_ms = 0
        """Where in the session the recogniser's stream began."""

    def received(self, n_samples: int) -> None:
        """Audio has arrived; it may wait for its turn."""
        self._n_samples += n_samples
        self.cursors = replace(self.cursors, received_ms=self._format.ms(self._n_samples))

    def feed(self, pcm: bytes) -> list[Said]:
        """Work through some of what has arrived."""
        said = list(self._tell(self._stream.feed(pcm)))
        n_ms = self._format.ms(len(pcm) // 2)
        self._move(processed_ms=self.cursors.processed_ms + n_ms)
        return said + list(self._settle_silence())

    def finish(self) -> list[Said]:
        """No more audio will come: say the rest. The end of a session ends the utterance."""
        said = list(self._tell(self._stream.finish()))
        self._move(processed_ms=self.cursors.received_ms)
        if self.cursors.eou_ms < self.cursors.received_ms:
            said.append(self._end_utterance(self.cursors.received_ms))
        return said

    def end_utterance(self, stream: RecogniserStream) -> list[Said]:
        """The client says that the utterance ends here; what follows goes to a new stream."""
        said = list(self._tell(self._stream.finish()))
        self._stream.close()
        self._stream = stream
        self._offset_ms = self.cursors.processed_ms
        self._is_open = False
        if self.cursors.eou_ms < self._offset_ms:
            said.append(self._end_utterance(self._offset_ms))
        return said

    def close(self) -> None:
        """Free the recogniser's stream."""
        self._stream.close()

    def _tell(self, utterances: list[Utterance]) -> Iterator[Said]:
        self._is_open = False
        for utterance in map(self._shifted, utterances):
            if utterance.is_complete:
                yield from self._finalise(utterance)
                continue
            self._is_open = True
            if utterance.text != self._partial:
                self._partial = utterance.text
                yield Said(Partial(utterance.text, utterance.words), self.cursors)

    def _shifted(self, utterance: Utterance) -> Utterance:
        """The same on the clock of the session."""
        if not self._offset_ms:
            return utterance
        words = tuple(
            replace(
                word, start_ms=word.start_ms + self._offset_ms, end_ms=word.end_ms + self._offset_ms
            )
            for word in utterance.words
        )
        start_ms, end_ms = utterance.start_ms + self._offset_ms, utterance.end_ms + self._offset_ms
        return replace(utterance, start_ms=start_ms, end_ms=end_ms, words=words)

    def _finalise(self, utterance: Utterance) -> Iterator[Said]:
        if not utterance.text and not self._partial:
            return
        self._partial = ""
        start_ms = max(utterance.start_ms, self.cursors.final_ms)
        end_ms = max(utterance.end_ms, start_ms)
        index = self._n_finals
        self._n_finals += 1
        self._move(final_ms=end_ms, final_index=index)
        final = Final(utterance.text, start_ms, end_ms, utterance.words, end_ms, index)
        yield Said(final, self.cursors)
        if self._refines and utterance.text:
            yield Said(Refinement(index, refine(utterance.text)), self.cursors)
        yield self._end_utterance(end_ms)

    def _settle_silence(self) -> Iterator[Said]:
        quiet_until_ms = self.cursors.processed_ms - LOOK_BEHIND_MS
        if not self._is_open and quiet_until_ms - self.cursors.eou_ms >= QUIET_MS:
            self._move(final_ms=quiet_until_ms)
            yield self._end_utterance(quiet_until_ms)

    def _end_utterance(self, time_ms: int) -> Said:
        self._move(eou_ms=time_ms)
        return Said(EndOfUtterance(time_ms), self.cursors)

    def _move(self, **cursors: int) -> None:
        self.cursors = replace(self.cursors, **cursors)
