"""In the place of PyAudio, where there is no microphone: a recording is heard in it.

Programs that import ``pyaudio`` find it here if this folder is on their path. The recording (WAV)
is named by ``STAND_IN_MICROPHONE``; after its end it is quiet.
"""

from __future__ import annotations

import os
import wave

paInt16 = 8  # noqa: N816 - its name there


class PyAudio:
    """The one sound system."""

    def open(self, *, channels: int, rate: int, **wanted: int) -> Stream:
        """The microphone."""
        assert (wanted["format"], wanted["input"]) == (paInt16, True)
        return Stream(channels, rate)

    def get_sample_size(self, sample_format: int) -> int:
        """In bytes."""
        assert sample_format == paInt16
        return 2

    def terminate(self) -> None:
        """Nothing is left to do."""


class Stream:
    """Sound from the recording."""

    def __init__(self, channels: int, rate: int) -> None:
        with wave.open(os.environ["STAND_IN_MICROPHONE"]) as file:
            assert (file.getnchannels(), file.getframerate()) == (channels, rate)
            self._frames: bytes = file.readframes(file.getnframes())

    def read(self, n_frames: int) -> bytes:
        """The next frames."""
        size_bytes = 2 * n_frames
        frames, self._frames = self._frames[:size_bytes], self._frames[size_bytes:]
        return frames.ljust(size_bytes, b"\0")

    def stop_stream(self) -> None:
        """Nothing runs by itself."""

    def close(self) -> None:
        """Nothing is open."""
