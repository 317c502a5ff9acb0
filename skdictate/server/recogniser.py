"""The recogniser behind the server: Moonshine, on this machine's CPU.

The only module that uses the model's library. Everything here blocks and is called from one thread:
the library serves one caller at a time and uses all cores for it.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import soxr

from skdictate.core.events import Word
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.server.refinement import raw

MODEL_RATE_HZ = 16_000
STEP_S = 0.3
"""Seconds of new audio after which the open utterance is recognised again; the cost of that grows
with the utterance."""
LONGEST_S = 15.0
"""Seconds after which the library ends an utterance, in mid-word if need be."""
HANGOVER_MS = 200
"""The voice detector reports the end of an utterance at least this long after its last word
(measured: the last 300 ms are at the level of the room), so this much can be cut off safely."""
TAIL_S = 1.0
"""Seconds of silence appended at the end: without it the library omits the last half second."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """The words between two pauses. Times are milliseconds from the start of the stream."""

    text: str
    """As spoken: no capitals, no punctuation, numbers as words."""
    start_ms: int
    end_ms: int
    is_complete: bool
    words: tuple[Word, ...] = ()
    """The words as the model writes them, with their times; empty if the model gives no times."""
    written: str = ""
    """As the model writes it, with capitals and punctuation; empty if it only gives spoken text."""


class RecogniserStream(Protocol):
    """One client's sound, in order."""

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Recognise samples (s16le).

        Returns:
            the utterances completed since the last call, then the open one if there is one.
        """

    def finish(self) -> list[Utterance]:
        """Finish the recognition and return what is left, marked as complete."""

    def close(self) -> None:
        """Free the stream."""


class Recogniser(Protocol):
    """A loaded model."""

    name: str
    language: str
    """The code of the only language it knows, such as ``en-US``."""

    def open(self, rate_hz: int) -> RecogniserStream:
        """Open a new stream of sound at this sample rate."""


class Moonshine:
    """The English model in the ``moonshine-voice`` package."""

    name = "Moonshine tiny"
    language = "en-US"

    def __init__(self) -> None:
        try:
            from moonshine_voice.moonshine_api import ModelArch
            from moonshine_voice.transcriber import Transcriber
            from moonshine_voice.utils import get_model_path
        except (ImportError, OSError) as error:
            raise ProblemError(missing_recogniser(str(error))) from error
        options = {"return_audio_data": "false", "transcription_interval": str(STEP_S)}
        path = get_model_path("tiny-en")
        self._transcriber = Transcriber(str(path), ModelArch.TINY, options=options)

    def open(self, rate_hz: int) -> RecogniserStream:
        """Open a new stream of sound at this sample rate."""
        return MoonshineStream(self._transcriber, rate_hz)


class MoonshineStream:
    """A stream of the library, fed through its C interface to avoid one Python float per sample."""

    def __init__(self, transcriber: Any, rate_hz: int) -> None:
        self._transcriber = transcriber
        self._stream = transcriber.create_stream(update_interval=float("inf"))
        self._stream.start()
        self._resampler = (
            soxr.ResampleStream(rate_hz, MODEL_RATE_HZ, 1, dtype="float32")
            if rate_hz != MODEL_RATE_HZ
            else None
        )
        self._n_complete = 0
        self._n_samples = 0

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Recognise samples (s16le); return completed utterances, then the open one."""
        sound = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        return self._transcribe(sound)

    def finish(self) -> list[Utterance]:
        """Finish the recognition and return what is left, marked as complete."""
        utterances: list[Utterance] = []
        if self._resampler is not None:
            utterances += self._transcribe(
                self._resampler.resample_chunk(np.empty(0, np.float32), last=True)
            )
        end_ms = self._n_samples * 1000 // MODEL_RATE_HZ
        silence = np.zeros(int(TAIL_S * MODEL_RATE_HZ / 2), np.float32)
        for _ in range(2):
            utterances += self._transcribe(silence)
        self._library("moonshine_stop_stream")
        utterances += self._read()
        return [
            replace(
                u, start_ms=min(u.start_ms, end_ms), end_ms=min(u.end_ms, end_ms), is_complete=True
            )
            for u in utterances
            if u.is_complete or u is utterances[-1]
        ]

    def close(self) -> None:
        """Free the stream."""
        self._stream.close()

    def _transcribe(self, sound: np.ndarray[Any, np.dtype[np.float32]]) -> list[Utterance]:
        if len(sound) == 0:
            return []
        block = np.ascontiguousarray(sound)
        self._library(
            "moonshine_transcribe_add_audio_to_stream",
            block.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            len(block),
            MODEL_RATE_HZ,
            0,
        )
        self._n_samples += len(block)
        return self._read()

    def _read(self) -> list[Utterance]:
        lines = self._stream.update_transcription(0).lines[self._n_complete :]
        utterances = [_utterance(line) for line in lines]
        self._n_complete += sum(utterance.is_complete for utterance in utterances)
        return utterances

    def _library(self, function: str, *arguments: Any) -> None:
        """Call a C function of the library on this stream."""
        from moonshine_voice.errors import check_error

        call = getattr(self._transcriber._lib, function)
        check_error(call(self._transcriber._handle, self._stream._handle, *arguments))


def _utterance(line: Any) -> Utterance:
    duration_ms = round(line.duration * 1000)
    is_cut = duration_ms >= LONGEST_S * 1000 - 500
    hangover_ms = 0 if is_cut or not line.is_complete else HANGOVER_MS
    start_ms = round(line.start_time * 1000)
    end_ms = start_ms + max(0, duration_ms - hangover_ms)
    written = line.text.strip()
    return Utterance(raw(written), start_ms, end_ms, line.is_complete, written=written)


def missing_recogniser(detail: str) -> Problem:
    """The problem to report if this machine has no embedded recogniser."""
    return Problem(
        Kind.RECOGNISER,
        "This machine has no embedded recogniser",
        f"There is no package of it for this platform ({detail})",
        "To use SpeechKit: skdictate auth login, or SKDICTATE_API_KEY; --endpoint for a server.",
        is_permanent=True,
    )
