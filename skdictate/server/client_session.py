"""What one client is told: partials, finals, refinements and ends of utterances, with cursors.

Knows neither gRPC nor the version of the API. Blocks; runs on the recogniser's thread.

The recogniser cuts speech into pieces at any pause; an utterance is one or more of them, and ends
where the ``Endpoint`` of the session says. Each end of an utterance is told after exactly one final
that ends at the same time, which is empty where nothing was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement, Word
from skdictate.server.endpointing import DEFAULT_PAUSE_MS, USUAL, Endpoint
from skdictate.server.recogniser import RecogniserStream, Utterance
from skdictate.server.refinement import Form
from skdictate.server.word_times import words_of

QUIET_MS = 4_000
"""Silence is settled in steps of this, as the service does with ends of utterance of no words."""
LOOK_BEHIND_MS = 1_000
"""The voice detector looks back this far at most when words begin."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants to be told."""

    endpoint: Endpoint = USUAL
    partials: Form = Form.RAW
    finals: Form = Form.RAW
    refinements: Form | None = None
    """None for no refinements."""
    guesses_word_times: bool = True
    """Where the model does not tell, times by the place of a word are better than none."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """How far the session is, in milliseconds of its audio."""

    received_ms: int = 0
    processed_ms: int = 0
    final_ms: int = 0
    final_index: int = 0
    eou_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionOutput:
    """One thing to tell the client, with the cursors at that moment."""

    event: Partial | Final | Refinement | EndOfUtterance
    cursors: Cursors
    final: Final | None = None
    """Of a refinement: the final that it is for, in the refinement's words."""


class ClientSession:
    """Turns what the recogniser hears into what the service would say of it."""

    def __init__(self, stream: RecogniserStream, sound: Format, wanted: Wanted) -> None:
        self.cursors = Cursors()
        self._stream = stream
        self._format = sound
        self._wanted = wanted
        self._n_samples = 0
        """Received."""
        self._n_processed = 0
        self._n_finals = 0
        self._held: list[Utterance] = []
        """Complete pieces of the present utterance."""
        self._open: Utterance | None = None
        """The piece that is being said."""
        self._partial = ""
        self._offset_ms = 0
        """Where in the session the recogniser's stream began."""

    def received(self, n_samples: int) -> None:
        """Audio has arrived; it may wait for its turn."""
        self._n_samples += n_samples
        self.cursors = replace(self.cursors, received_ms=self._format.ms(self._n_samples))

    def feed(self, pcm: bytes) -> list[SessionOutput]:
        """Work through some of what has arrived."""
        if not pcm:  # the recogniser would say that nobody speaks
            return []
        pieces = self._stream.feed(pcm)
        self._n_processed += len(pcm) // 2
        self._move(processed_ms=self._format.ms(self._n_processed))
        said = list(self._hear(pieces))
        return [*said, *self._end_in_pause(), *self._settle_silence()]

    def finish(self) -> list[SessionOutput]:
        """No more audio will come: say the rest. The end of a session ends the utterance."""
        said = list(self._hear(self._stream.finish(), is_end=True))
        self._move(processed_ms=self.cursors.received_ms)
        return [*said, *self._end_at(self.cursors.received_ms)]

    def end_utterance(self, stream: RecogniserStream) -> list[SessionOutput]:
        """The client says that the utterance ends here; what follows goes to a new stream."""
        said = list(self._hear(self._stream.finish(), is_end=True))
        self._stream.close()
        self._stream = stream
        self._offset_ms = self.cursors.processed_ms
        return [*said, *self._end_at(self._offset_ms, is_far=False)]

    def close(self) -> None:
        """Free the recogniser's stream."""
        self._stream.close()

    # ------------------------------------------------------------------------------------ pieces

    def _hear(self, pieces: list[Utterance], *, is_end: bool = False) -> Iterator[SessionOutput]:
        """Take what the recogniser gives; at an end the last piece waits for what ends it."""
        self._open = None
        for piece in map(self._shifted, pieces):
            if self._held and self._endpoint.is_pause(piece.start_ms - self._held[-1].end_ms):
                yield from self._conclude(self._held[-1].end_ms)
            if not piece.is_complete:
                self._open = piece
            elif piece.text:
                self._held.append(piece)
            if is_end:
                continue
            if self._is_over():
                yield from self._conclude(self._held[-1].end_ms)
            elif piece.is_complete and self._partial and not self._held:
                yield from self._conclude(piece.end_ms)  # the guess came to nothing
        if not is_end:
            yield from self._guess()

    def _is_over(self) -> bool:
        """The utterance has ended with the piece that was heard last."""
        if not self._held or self._open is not None:
            return False
        first, last = self._held[0], self._held[-1]
        length_ms = last.end_ms - first.start_ms
        return self._endpoint.is_pause(0) or self._endpoint.is_too_long(length_ms)

    def _guess(self) -> Iterator[SessionOutput]:
        """The present text of the utterance, if it is news."""
        pieces = [*self._held, self._open] if self._open is not None else self._held
        text = _text(pieces, self._wanted.partials)
        if pieces and text != self._partial:
            self._partial = text
            yield SessionOutput(
                Partial(text, self._words(pieces, self._wanted.partials)), self.cursors
            )

    def _shifted(self, piece: Utterance) -> Utterance:
        """The same on the clock of the session."""
        if not self._offset_ms:
            return piece
        words = tuple(
            replace(
                word, start_ms=word.start_ms + self._offset_ms, end_ms=word.end_ms + self._offset_ms
            )
            for word in piece.words
        )
        start_ms, end_ms = piece.start_ms + self._offset_ms, piece.end_ms + self._offset_ms
        return replace(piece, start_ms=start_ms, end_ms=end_ms, words=words)

    # -------------------------------------------------------------------------------------- ends

    @property
    def _endpoint(self) -> Endpoint:
        return self._wanted.endpoint

    def _end_in_pause(self) -> Iterator[SessionOutput]:
        """The utterance is over when nobody has spoken for long enough."""
        if self._held and self._open is None:
            end_ms = self._held[-1].end_ms
            if self._endpoint.is_pause(self.cursors.processed_ms - end_ms):
                yield from self._conclude(end_ms)

    def _end_at(self, time_ms: int, *, is_far: bool = True) -> Iterator[SessionOutput]:
        """End the utterance here; if its words are far behind, it had ended with them."""
        if self._held and is_far:
            end_ms = self._held[-1].end_ms
            is_pause = self._endpoint.is_pause(time_ms - end_ms)
            if is_pause and time_ms - end_ms >= DEFAULT_PAUSE_MS:
                yield from self._conclude(end_ms)
        if self._held or self._partial or self.cursors.eou_ms < time_ms:
            yield from self._conclude(time_ms)

    def _settle_silence(self) -> Iterator[SessionOutput]:
        is_quiet = self._endpoint.is_ours and self._open is None and not self._held
        quiet_until_ms = self.cursors.processed_ms - LOOK_BEHIND_MS
        if is_quiet and quiet_until_ms - self.cursors.eou_ms >= QUIET_MS:
            yield from self._conclude(quiet_until_ms)

    def _conclude(self, end_ms: int) -> Iterator[SessionOutput]:
        """The final of what is held, which may be nothing, and the end of its utterance."""
        pieces, self._held, self._partial = self._held, [], ""
        start_ms = max(pieces[0].start_ms if pieces else 0, self.cursors.final_ms)
        end_ms = max(end_ms, start_ms)
        index = self._n_finals
        self._n_finals += 1
        self._move(final_ms=end_ms, final_index=index)

        def final(form: Form) -> Final:
            words = self._words(pieces, form)
            return Final(_text(pieces, form), start_ms, end_ms, words, end_ms, index)

        yield SessionOutput(final(self._wanted.finals), self.cursors)
        if self._wanted.refinements is not None and pieces:
            better = final(self._wanted.refinements)
            yield SessionOutput(Refinement(index, better.text), self.cursors, better)
        self._move(eou_ms=end_ms)
        yield SessionOutput(EndOfUtterance(end_ms), self.cursors)

    def _words(self, pieces: Sequence[Utterance], form: Form) -> tuple[Word, ...]:
        guesses = self._wanted.guesses_word_times
        return tuple(word for piece in pieces for word in words_of(piece, form, guesses=guesses))

    def _move(self, **cursors: int) -> None:
        self.cursors = replace(self.cursors, **cursors)


def _text(pieces: Sequence[Utterance], form: Form) -> str:
    """The text of some pieces in a form; not all of them may have one."""
    texts = (form.of(piece.text, piece.written) for piece in pieces)
    return " ".join(text for text in texts if text)
