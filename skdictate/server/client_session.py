"""The results of one session: partials, finals, refinements and ends of utterances, with cursors.

Knows neither gRPC nor the version of the API. Blocks; runs on the recogniser's thread.

The recogniser cuts speech into pieces at any pause. An utterance is one or more pieces and ends
where the session's ``Endpoint`` says. Each end of an utterance follows exactly one final that ends
at the same time; the final is empty if nothing was said.
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
"""Silence is finalised in steps of this length: SpeechKit, too, sends ends of utterance without
words."""
LOOK_BEHIND_MS = 1_000
"""When speech begins, the voice detector adds at most this much audio from before it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results a client wants, and in which form."""

    endpoint: Endpoint = USUAL
    partials: Form = Form.RAW
    finals: Form = Form.RAW
    refinements: Form | None = None
    """None if the client wants no refinements."""
    guesses_word_times: bool = True
    """Whether to guess word times from the letters of the text if the model gives none."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """How far the session has got, in milliseconds of its audio."""

    received_ms: int = 0
    processed_ms: int = 0
    final_ms: int = 0
    final_index: int = 0
    eou_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionOutput:
    """One result for the client, with the cursors at that moment."""

    event: Partial | Final | Refinement | EndOfUtterance
    cursors: Cursors
    final: Final | None = None
    """For a refinement: the whole final that it replaces, in the refinement's words."""


class ClientSession:
    """Turns the recogniser's output into the results that SpeechKit would send."""

    def __init__(self, stream: RecogniserStream, sound: Format, wanted: Wanted) -> None:
        self.cursors = Cursors()
        self._stream = stream
        self._format = sound
        self._wanted = wanted
        self._n_samples = 0
        """Samples received so far."""
        self._n_processed = 0
        self._n_finals = 0
        self._held: list[Utterance] = []
        """The completed pieces of the current utterance."""
        self._open: Utterance | None = None
        """The piece that is still being spoken."""
        self._partial = ""
        self._offset_ms = 0
        """Where the recogniser's stream begins in the session's audio."""

    def add_received(self, n_samples: int) -> None:
        """Count samples that have arrived; they may still be queued."""
        self._n_samples += n_samples
        self.cursors = replace(self.cursors, received_ms=self._format.ms(self._n_samples))

    def feed(self, pcm: bytes) -> list[SessionOutput]:
        """Recognise the next samples (s16le) and return the new results."""
        if not pcm:  # for no samples the recogniser would report that nobody speaks
            return []
        pieces = self._stream.feed(pcm)
        self._n_processed += len(pcm) // 2
        self._move_cursors(processed_ms=self._format.ms(self._n_processed))
        outputs = list(self._process(pieces))
        return [*outputs, *self._end_in_pause(), *self._finish_silence()]

    def finish(self) -> list[SessionOutput]:
        """Finish the recognition and return the last results; this ends the current utterance."""
        outputs = list(self._process(self._stream.finish(), is_end=True))
        self._move_cursors(processed_ms=self.cursors.received_ms)
        return [*outputs, *self._end_at(self.cursors.received_ms)]

    def end_utterance(self, stream: RecogniserStream) -> list[SessionOutput]:
        """End the utterance here, as the client asked.

        Later audio goes to ``stream``, which is new.
        """
        outputs = list(self._process(self._stream.finish(), is_end=True))
        self._stream.close()
        self._stream = stream
        self._offset_ms = self.cursors.processed_ms
        return [*outputs, *self._end_at(self._offset_ms, is_far=False)]

    def close(self) -> None:
        """Close the recogniser's stream."""
        self._stream.close()

    # ------------------------------------------------------------------------------------ pieces

    def _process(self, pieces: list[Utterance], *, is_end: bool = False) -> Iterator[SessionOutput]:
        """Take the recogniser's output.

        With ``is_end`` the last piece stays held for the caller to end.
        """
        self._open = None
        for piece in map(self._shifted, pieces):
            if self._held and self._endpoint.is_pause(piece.start_ms - self._held[-1].end_ms):
                yield from self._finish_utterance(self._held[-1].end_ms)
            if not piece.is_complete:
                self._open = piece
            elif piece.text:
                self._held.append(piece)
            if is_end:
                continue
            if self._is_over():
                yield from self._finish_utterance(self._held[-1].end_ms)
            elif piece.is_complete and self._partial and not self._held:
                yield from self._finish_utterance(piece.end_ms)  # the partial came to nothing
        if not is_end:
            yield from self._partial_output()

    def _is_over(self) -> bool:
        """Whether the utterance ended with the last piece."""
        if not self._held or self._open is not None:
            return False
        first, last = self._held[0], self._held[-1]
        length_ms = last.end_ms - first.start_ms
        return self._endpoint.is_pause(0) or self._endpoint.is_too_long(length_ms)

    def _partial_output(self) -> Iterator[SessionOutput]:
        """The text of the utterance so far, if it has changed."""
        pieces = [*self._held, self._open] if self._open is not None else self._held
        text = _text(pieces, self._wanted.partials)
        if pieces and text != self._partial:
            self._partial = text
            yield SessionOutput(
                Partial(text, self._words(pieces, self._wanted.partials)), self.cursors
            )

    def _shifted(self, piece: Utterance) -> Utterance:
        """The same piece with its times relative to the start of the session."""
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
        """End the utterance once the silence after it is long enough."""
        if self._held and self._open is None:
            end_ms = self._held[-1].end_ms
            if self._endpoint.is_pause(self.cursors.processed_ms - end_ms):
                yield from self._finish_utterance(end_ms)

    def _end_at(self, time_ms: int, *, is_far: bool = True) -> Iterator[SessionOutput]:
        """End the utterance at ``time_ms``; if its last word is long past, it ended there."""
        if self._held and is_far:
            end_ms = self._held[-1].end_ms
            is_pause = self._endpoint.is_pause(time_ms - end_ms)
            if is_pause and time_ms - end_ms >= DEFAULT_PAUSE_MS:
                yield from self._finish_utterance(end_ms)
        if self._held or self._partial or self.cursors.eou_ms < time_ms:
            yield from self._finish_utterance(time_ms)

    def _finish_silence(self) -> Iterator[SessionOutput]:
        is_quiet = self._endpoint.is_ours and self._open is None and not self._held
        quiet_until_ms = self.cursors.processed_ms - LOOK_BEHIND_MS
        if is_quiet and quiet_until_ms - self.cursors.eou_ms >= QUIET_MS:
            yield from self._finish_utterance(quiet_until_ms)

    def _finish_utterance(self, end_ms: int) -> Iterator[SessionOutput]:
        """The final of the held pieces, which may be none, and the end of the utterance."""
        pieces, self._held, self._partial = self._held, [], ""
        start_ms = max(pieces[0].start_ms if pieces else 0, self.cursors.final_ms)
        end_ms = max(end_ms, start_ms)
        index = self._n_finals
        self._n_finals += 1
        self._move_cursors(final_ms=end_ms, final_index=index)

        def final(form: Form) -> Final:
            words = self._words(pieces, form)
            return Final(_text(pieces, form), start_ms, end_ms, words, end_ms, index)

        yield SessionOutput(final(self._wanted.finals), self.cursors)
        if self._wanted.refinements is not None and pieces:
            better = final(self._wanted.refinements)
            yield SessionOutput(Refinement(index, better.text), self.cursors, better)
        self._move_cursors(eou_ms=end_ms)
        yield SessionOutput(EndOfUtterance(end_ms), self.cursors)

    def _words(self, pieces: Sequence[Utterance], form: Form) -> tuple[Word, ...]:
        guesses = self._wanted.guesses_word_times
        return tuple(word for piece in pieces for word in words_of(piece, form, guesses=guesses))

    def _move_cursors(self, **cursors: int) -> None:
        self.cursors = replace(self.cursors, **cursors)


def _text(pieces: Sequence[Utterance], form: Form) -> str:
    """Join the texts of the pieces in the given form; pieces without text are left out."""
    texts = (form.of(piece.text, piece.written) for piece in pieces)
    return " ".join(text for text in texts if text)
