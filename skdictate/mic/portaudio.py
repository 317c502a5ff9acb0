"""Records through PortAudio.

Importing the library starts PortAudio, which may print, hang or crash.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from skdictate.errors import ProblemError
from skdictate.mic.captured_block import BLOCK_S, Blocks, CapturedBlock
from skdictate.mic.mic_problems import broken

LATENCY_S = 0.1
"""Seconds of latency asked of the sound system, so that a busy machine loses nothing."""
LONGEST_S = 60.0
"""Seconds. A block that claims to have waited longer for this process has a broken clock."""
RATES = (8_000, 16_000, 44_100, 48_000)
"""Sample rates that are tried to find out what a device supports."""


def load() -> Any:
    """Import the library.

    Raises:
        OSError: it is not installed.
    """
    import sounddevice

    return sounddevice


@dataclass(frozen=True, slots=True)
class StreamShape:
    """The sample rate and the number of channels with which a device is opened."""

    rate_hz: int
    n_channels: int


@cache
def shape(device: int | str, rate_hz: int, *, is_mono: bool) -> StreamShape:
    """Of the shapes that the device supports, the closest to one channel at ``rate_hz``.

    Raises:
        ProblemError: it cannot record at all.
    """
    sounddevice = load()
    info = sounddevice.query_devices(device, "input")
    most = int(info["max_input_channels"])
    detail = ""
    for n_channels in dict.fromkeys((1 if is_mono else min(2, most), min(2, most), most)):
        for rate in dict.fromkeys((rate_hz, int(info["default_samplerate"]), *reversed(RATES))):
            try:
                sounddevice.check_input_settings(device, n_channels, "int16", samplerate=rate)
            except sounddevice.PortAudioError as error:
                detail = plain(error)
            else:
                return StreamShape(rate, n_channels)
    raise broken(str(info["name"]), detail)


def rates(device: int | str) -> tuple[int, ...]:
    """The sample rates that the device supports."""
    sounddevice = load()
    able = []
    for rate_hz in RATES:
        try:
            sounddevice.check_input_settings(device, dtype="int16", samplerate=rate_hz)
        except sounddevice.PortAudioError:
            continue
        able.append(rate_hz)
    return tuple(able)


class PortAudioStream:
    """Records from a device within its context; puts blocks of 20 ms into a queue."""

    def __init__(self, device: int | str, shape: StreamShape, blocks: Blocks) -> None:
        self._device = device
        self.shape = shape
        self._blocks = blocks
        self.pid = os.getpid()
        """The id of the process that records."""
        self._stream: Any = None

    def __enter__(self) -> Self:
        """Open the device and start recording.

        Raises:
            ProblemError: it cannot be opened.
        """
        sounddevice = load()
        try:
            self._stream = sounddevice.RawInputStream(
                samplerate=self.shape.rate_hz,
                blocksize=round(self.shape.rate_hz * BLOCK_S),
                channels=self.shape.n_channels,
                dtype="int16",
                device=self._device,
                latency=LATENCY_S,
                callback=self.on_block,
                finished_callback=self._finished,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise self._broken(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Stop recording; captured blocks remain in the queue."""
        self._stream.stop()

    def on_block(self, data: Any, _n_frames: int, at: Any, status: Any) -> None:
        """PortAudio's callback, on a thread that must not block: copy the block and return."""
        now_ns = time.monotonic_ns()
        waited_s = at.currentTime - at.inputBufferAdcTime - BLOCK_S
        if 0 < waited_s < LONGEST_S and at.inputBufferAdcTime:
            now_ns -= int(waited_s * 1e9)
        self._blocks.put(CapturedBlock(bytes(data), now_ns, bool(status)))

    def _finished(self) -> None:
        self._blocks.put(None)

    def _broken(self, error: Exception) -> ProblemError:
        name = load().query_devices(self._device)["name"]
        return broken(str(name), plain(error))


def plain(error: Exception) -> str:
    """PortAudio's error message without its codes."""
    said = str(error.args[0]) if error.args else str(error)
    return re.sub(r"^Error \w+ing [^:]+:\s*|\s*\[PaErrorCode -?\d+\]", "", said).strip()
