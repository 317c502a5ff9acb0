"""The recogniser behind the server: Moonshine, on this machine's processor.

The only file that knows the model's library. Everything here blocks, and is called from one
thread: the library serves one caller at a time, and uses all processors for it.
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
"""New audio after which the open utterance is read again; its cost grows with its length."""
LONGEST_S = 15.0
"""The library ends an utterance after this, in mid-word if need be."""
HANGOVER_MS = 200
"""The voice detector ends an utterance this long after the words at least (measured: the sound is
at the room's level for the last 300 ms), so that it may be cut there without touching a word."""
TAIL_S = 1.0
"""Silence to add at the end: without it the library leaves out the last half second."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words between two pauses. Times are milliseconds from the start of the stream."""

    text: str
    """As it is spoken: no capitals, no punctuation, numbers in words."""
    start_ms: int
    end_ms: int
    is_complete: bool
    words: tuple[Word, ...] = ()
    """Where each word is, if the model tells; the words as the model writes them."""
    written: str = ""
    """As the model writes it, with capitals and punctuation; empty if it knows of none."""


class RecogniserStream(Protocol):
    """One client's sound, in order."""

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Take samples (s16le); give utterances completed since the last call, then the open one,
        if there is one."""

    def finish(self) -> list[Utterance]:
        """The sound has ended: give what is left, completed."""

    def close(self) -> None:
        """Free what the stream holds."""


class Recogniser(Protocol):
    """A loaded model."""

    name: str
    language: str
    """The only one it knows, as a code."""

    def open(self, rate_hz: int) -> RecogniserStream:
        """A new stream of sound at that rate."""


class Moonshine:
    """The model that the ``moonshine-voice`` package carries; English."""

    name = "Moonshine tiny"
    language = "en-US"

    def __init__(self) -> None:
        try:
            from moonshine_voice.moonshine_api import ModelArch
            from moonshine_voice.transcriber import Transcriber
            from moonshine_voice.utils import get_model_path
        except (ImportError, OSError) as error:
            raise ProblemError(missing(str(error))) from error
        options = {"return_audio_data": "false", "transcription_interval": str(STEP_S)}
        path = get_model_path("tiny-en")
        self._transcriber = Transcriber(str(path), ModelArch.TINY, options=options)

    def open(self, rate_hz: int) -> RecogniserStream:
        """A new stream of sound at that rate."""
        return MoonshineStream(self._transcriber, rate_hz)


class MoonshineStream:
    """A stream of the library, fed through its C interface: no sample becomes a Python float."""

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
        """Take samples (s16le); give utterances completed since the last call, and the open one."""
        sound = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        return self._hear(sound)

    def finish(self) -> list[Utterance]:
        """The sound has ended: give what is left, completed."""
        heard: list[Utterance] = []
        if self._resampler is not None:
            heard += self._hear(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        end_ms = self._n_samples * 1000 // MODEL_RATE_HZ
        silence = np.zeros(int(TAIL_S * MODEL_RATE_HZ / 2), np.float32)
        for _ in range(2):
            heard += self._hear(silence)
        self._library("moonshine_stop_stream")
        heard += self._read()
        return [
            replace(
                u, start_ms=min(u.start_ms, end_ms), end_ms=min(u.end_ms, end_ms), is_complete=True
            )
            for u in heard
            if u.is_complete or u is heard[-1]
        ]

    def close(self) -> None:
        """Free what the stream holds."""
        self._stream.close()

    def _hear(self, sound: np.ndarray[Any, np.dtype[np.float32]]) -> list[Utterance]:
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
        """Call the library on this stream."""
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


def missing(detail: str) -> Problem:
    """There is no embedded recogniser on this machine."""
    return Problem(
        Kind.RECOGNISER,
        "The embedded recogniser is missing here",
        f"It has no package for this platform ({detail})",
        "To use SpeechKit: skdictate auth login, or SKDICTATE_API_KEY; --endpoint for a server.",
        is_permanent=True,
    )
