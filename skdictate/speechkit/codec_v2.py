"""API v2 on the wire: settings and audio out, events in.

It tells nothing of time but, if it does, where the words of a final are. Where it does not, or
where that cannot be, the place of a final is guessed from what had been sent when its wording came
to rest: later than the truth by the delay of the answer, and so most likely in the pause after the
words. A guess is good enough to show, and to begin again from after a break, which then may cost or
double what was said within that delay; it is not used where a session is left as planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from google.protobuf.message import DecodeError

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import (
    EndOfUtterance,
    Event,
    Final,
    Partial,
    ServerStatus,
    SessionNamed,
    StatusCode,
    Word,
)
from skdictate.errors import ProblemError
from skdictate.speechkit.codec import LONGEST_TEXT
from skdictate.speechkit.request_options_v2 import RequestOptions
from skdictate.speechkit.status_problems import GARBLED
from skdictate.text.clean_text import clean

METHOD = "/yandex.cloud.ai.stt.v2.SttService/StreamingRecognize"
MOST_CHUNKS = 1_000
"""In one answer; the service sends one."""
MOST_WORDS = 10_000
"""In one chunk; five minutes of speech have under a thousand."""
LONGEST_WORD = 200
SLACK_MS = 1_000
"""Times of words are estimates; further than this from what is possible they are none."""


@dataclass(frozen=True, slots=True)
class Options(RequestOptions):
    """What the user wants of the recogniser."""

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        """A new session's messages; ``folder_id`` is for user accounts."""
        return Codec(sound, self, folder_id)


class Codec:
    """The messages of one session, and where in its audio the answers belong."""

    method = METHOD

    def __init__(self, sound: Format, wishes: RequestOptions, folder_id: str = "") -> None:
        self._format = sound
        self._wishes = wishes
        self._folder_id = folder_id
        self._is_introduced = False
        self._n_sent = 0
        """Samples."""
        self._guess = ""
        """The last partial, if no final has come for it."""
        self._guess_from_ms = 0
        """What had been sent when its first words came ..."""
        self._guess_until_ms = 0
        """... and when its wording last changed."""
        self._end_ms = 0
        """Where the last final ended."""

    def settings(self) -> pb.StreamingRecognitionRequest:
        """The first message."""
        wishes = self._wishes
        specification = pb.RecognitionSpec(
            audio_encoding=pb.RecognitionSpec.LINEAR16_PCM,
            sample_rate_hertz=self._format.rate_hz,
            language_code=wishes.language,
            model=wishes.model,
            profanity_filter=wishes.masks_profanity,
            partial_results=True,
            single_utterance=False,
            raw_results=not wishes.normalizes,
            literature_text=wishes.is_literary,
        )
        config = pb.RecognitionConfig(specification=specification, folder_id=self._folder_id)
        return pb.StreamingRecognitionRequest(config=config)

    def audio(self, pcm: bytes) -> pb.StreamingRecognitionRequest:
        """A message of samples."""
        self._n_sent += len(pcm) // 2
        return pb.StreamingRecognitionRequest(audio_content=pcm)

    def silence(self, n_samples: int) -> pb.StreamingRecognitionRequest:
        """A message of silence; there is none that only stands for it."""
        return self.audio(bytes(self._format.size_bytes(n_samples)))

    def end_of_utterance(self) -> pb.StreamingRecognitionRequest | None:
        """There is no such message: the service alone decides."""
        return None

    def decode(self, response: pb.StreamingRecognitionResponse) -> Iterator[Event]:
        """The events in an answer."""
        if not self._is_introduced:
            self._is_introduced = True
            yield SessionNamed("")  # this version has no name for it
        if not response.chunks:
            yield ServerStatus(StatusCode.WORKING)
        for chunk in response.chunks[:MOST_CHUNKS]:
            best = chunk.alternatives[0] if chunk.alternatives else _NOTHING
            text = clean(best.text, LONGEST_TEXT)
            # A result that ends its utterance cannot be rewritten by the next, whatever it says.
            if chunk.final or chunk.end_of_utterance:
                yield from self._final(text, best.words, is_end=chunk.end_of_utterance)
            else:
                yield self._partial(text)

    @staticmethod
    def pack(request: pb.StreamingRecognitionRequest) -> bytes:
        """A message as it travels."""
        return request.SerializeToString()

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingRecognitionResponse:
        """An answer as it came."""
        try:
            return pb.StreamingRecognitionResponse.FromString(data)
        except DecodeError as error:
            raise ProblemError(GARBLED) from error

    def _partial(self, text: str) -> Partial:
        """Where its words are is not passed on: only finals show that this server tells."""
        if text and not self._guess:
            self._guess_from_ms = self._sent_ms
        if text != self._guess:
            self._guess_until_ms = self._sent_ms
        self._guess = text
        return Partial(text)

    def _final(self, text: str, words: Any, *, is_end: bool) -> Iterator[Event]:
        said = _words(words)
        is_timed = self._is_possible(said)
        is_answer = bool(text or self._guess)
        if is_timed:
            start_ms, end_ms = said[0].start_ms, min(said[-1].end_ms, self._sent_ms)
        elif is_answer:
            start_ms, end_ms = self._guessed()
        else:
            start_ms = end_ms = self._end_ms
        self._end_ms = max(self._end_ms, end_ms)
        self._guess = ""
        if is_answer:
            # A single word is where its final is; and it may be the whole utterance in one, from
            # a server that knows no more, which must not be taken for one that knows each word.
            passed_on = said if is_timed and len(said) > 1 else ()
            yield Final(text, start_ms, end_ms, passed_on, is_timed=is_timed)
        if is_end:
            yield EndOfUtterance(self._end_ms)

    def _is_possible(self, said: tuple[Word, ...]) -> bool:
        """These words may be where they say: after the last final, and in what was sent.

        Times that begin again with each utterance are told by this, too.
        """
        if not said or said[-1].end_ms <= 0:
            return False
        times = [time for word in said for time in (word.start_ms, word.end_ms)]
        is_in_order = all(a <= b + SLACK_MS for a, b in pairwise(times))
        earliest_ms, latest_ms = self._end_ms - SLACK_MS, self._sent_ms + SLACK_MS
        return is_in_order and earliest_ms <= min(times) and max(times) <= latest_ms

    def _guessed(self) -> tuple[int, int]:
        """Where a final probably is. The last that was sent is never in it: there may be more."""
        until_ms = self._guess_until_ms if self._guess else self._sent_ms
        end_ms = max(0, min(until_ms, self._sent_ms - 1))
        start_ms = self._guess_from_ms if self._guess else self._end_ms
        return min(start_ms, end_ms), end_ms

    @property
    def _sent_ms(self) -> int:
        return self._format.ms(self._n_sent)


_NOTHING = pb.SpeechRecognitionAlternative()


def _words(words: Any) -> tuple[Word, ...]:
    """Words as they say; empty ones tell where silence was."""
    return tuple(
        Word(clean(word.word, LONGEST_WORD), _ms(word.start_time), _ms(word.end_time))
        for word in words[:MOST_WORDS]
    )


def _ms(duration: Any) -> int:
    return int(duration.seconds) * 1000 + int(duration.nanos) // 1_000_000
