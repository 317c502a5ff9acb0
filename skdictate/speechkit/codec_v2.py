"""The codec of API v2.

The only times in its answers are those of the words of a final, and not all servers send those. If
they are missing or impossible, the place of a final is guessed from what had been sent when its
text last changed. That is later than the truth by the delay of the answer, so most likely in the
pause after the words. Such a guess is good enough to show, and to resume from after a break, which
may then lose or repeat what was said within that delay. Planned changes of session do not
use it.
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
from skdictate.speechkit.status_problems import MALFORMED_ANSWER
from skdictate.text.clean_text import clean

METHOD = "/yandex.cloud.ai.stt.v2.SttService/StreamingRecognize"
MOST_CHUNKS = 1_000
"""In one answer; SpeechKit sends one."""
MOST_WORDS = 10_000
"""In one chunk; five minutes of speech have fewer than a thousand."""
LONGEST_WORD = 200
SLACK_MS = 1_000
"""Milliseconds by which word times, being estimates, may lie outside what is possible."""


@dataclass(frozen=True, slots=True)
class Options(RequestOptions):
    """The options of API v2."""

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        """The codec of a new session; ``folder_id`` is for user accounts."""
        return Codec(sound, self, folder_id)


class Codec:
    """The messages of one session, and the place of its answers in its audio."""

    method = METHOD

    def __init__(self, sound: Format, options: RequestOptions, folder_id: str = "") -> None:
        self._format = sound
        self._options = options
        self._folder_id = folder_id
        self._is_named = False
        self._n_sent = 0
        """Samples sent so far."""
        self._partial_text = ""
        """The last partial since the last final."""
        self._partial_from_ms = 0
        """How much had been sent when the partial's first words came."""
        self._partial_until_ms = 0
        """How much had been sent when the partial's text last changed."""
        self._end_ms = 0
        """Where the last final ended."""

    def settings(self) -> pb.StreamingRecognitionRequest:
        """The first message."""
        options = self._options
        specification = pb.RecognitionSpec(
            audio_encoding=pb.RecognitionSpec.LINEAR16_PCM,
            sample_rate_hertz=self._format.rate_hz,
            language_code=options.language,
            model=options.model,
            profanity_filter=options.masks_profanity,
            partial_results=True,
            single_utterance=False,
            raw_results=not options.normalizes,
            literature_text=options.is_literary,
        )
        config = pb.RecognitionConfig(specification=specification, folder_id=self._folder_id)
        return pb.StreamingRecognitionRequest(config=config)

    def audio(self, pcm: bytes) -> pb.StreamingRecognitionRequest:
        """A message with samples (s16le)."""
        self._n_sent += len(pcm) // 2
        return pb.StreamingRecognitionRequest(audio_content=pcm)

    def silence(self, n_samples: int) -> pb.StreamingRecognitionRequest:
        """Silence as samples: this version has no message that stands for silence."""
        return self.audio(bytes(self._format.size_bytes(n_samples)))

    def end_of_utterance(self) -> pb.StreamingRecognitionRequest | None:
        """None: in this version only the service ends utterances."""
        return None

    def decode(self, response: pb.StreamingRecognitionResponse) -> Iterator[Event]:
        """The events in an answer, in order."""
        if not self._is_named:
            self._is_named = True
            yield SessionNamed("")  # this version has no session id
        if not response.chunks:
            yield ServerStatus(StatusCode.WORKING)
        for chunk in response.chunks[:MOST_CHUNKS]:
            best = chunk.alternatives[0] if chunk.alternatives else _NOTHING
            text = clean(best.text, LONGEST_TEXT)
            # A result that ends its utterance cannot be replaced by the next one, so it counts as a
            # final.
            if chunk.final or chunk.end_of_utterance:
                yield from self._final(text, best.words, is_end=chunk.end_of_utterance)
            else:
                yield self._partial(text)

    @staticmethod
    def pack(request: pb.StreamingRecognitionRequest) -> bytes:
        """Serialise a message."""
        return request.SerializeToString()

    @staticmethod
    def unpack(data: bytes) -> pb.StreamingRecognitionResponse:
        """Parse an answer."""
        try:
            return pb.StreamingRecognitionResponse.FromString(data)
        except DecodeError as error:
            raise ProblemError(MALFORMED_ANSWER) from error

    def _partial(self, text: str) -> Partial:
        """A partial without word times: only finals show whether this server has them."""
        if text and not self._partial_text:
            self._partial_from_ms = self._sent_ms
        if text != self._partial_text:
            self._partial_until_ms = self._sent_ms
        self._partial_text = text
        return Partial(text)

    def _final(self, text: str, words: Any, *, is_end: bool) -> Iterator[Event]:
        timed_words = _words(words)
        is_timed = self._is_plausible(timed_words)
        is_answer = bool(text or self._partial_text)
        if is_timed:
            start_ms, end_ms = timed_words[0].start_ms, min(timed_words[-1].end_ms, self._sent_ms)
        elif is_answer:
            start_ms, end_ms = self._estimated_range()
        else:
            start_ms = end_ms = self._end_ms
        self._end_ms = max(self._end_ms, end_ms)
        self._partial_text = ""
        if is_answer:
            # A single word adds nothing to the final's own times. It may also be the whole
            # utterance as one word, from a server without word times, which must not count as
            # having them.
            passed_on = timed_words if is_timed and len(timed_words) > 1 else ()
            yield Final(text, start_ms, end_ms, passed_on, is_timed=is_timed)
        if is_end:
            yield EndOfUtterance(self._end_ms)

    def _is_plausible(self, timed_words: tuple[Word, ...]) -> bool:
        """Whether these word times can be true.

        In order, after the last final, and in what was sent.

        Some servers count times from the start of each utterance; this check finds them out.
        """
        if not timed_words or timed_words[-1].end_ms <= 0:
            return False
        times = [time for word in timed_words for time in (word.start_ms, word.end_ms)]
        is_in_order = all(a <= b + SLACK_MS for a, b in pairwise(times))
        earliest_ms, latest_ms = self._end_ms - SLACK_MS, self._sent_ms + SLACK_MS
        return is_in_order and earliest_ms <= min(times) and max(times) <= latest_ms

    def _estimated_range(self) -> tuple[int, int]:
        """A guess of the final's start and end.

        It never reaches the last millisecond sent, after which more may belong to it.
        """
        until_ms = self._partial_until_ms if self._partial_text else self._sent_ms
        end_ms = max(0, min(until_ms, self._sent_ms - 1))
        start_ms = self._partial_from_ms if self._partial_text else self._end_ms
        return min(start_ms, end_ms), end_ms

    @property
    def _sent_ms(self) -> int:
        return self._format.ms(self._n_sent)


_NOTHING = pb.SpeechRecognitionAlternative()


def _words(words: Any) -> tuple[Word, ...]:
    """Convert words; an empty word marks silence."""
    return tuple(
        Word(clean(word.word, LONGEST_WORD), _ms(word.start_time), _ms(word.end_time))
        for word in words[:MOST_WORDS]
    )


def _ms(duration: Any) -> int:
    return int(duration.seconds) * 1000 + int(duration.nanos) // 1_000_000
