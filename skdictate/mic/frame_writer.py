"""Numbers captured sound and writes it as frames, no faster than the app records it."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from typing import Any

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, FrameError, Type

WINDOW_S = 0.5
"""Seconds of sound that may be sent but not recorded yet; this bounds the delay."""
SPOOL_S = 600.0
"""Seconds of sound that are kept while the app does not read; more is dropped and reported."""


class FrameWriter:
    """Writes frames to one file descriptor and reads acknowledgements from another. Thread-safe."""

    def __init__(self, sound: Format, to_fd: int, from_fd: int) -> None:
        self._to_fd = to_fd
        self._from_fd = from_fd
        self._window = sound.samples(WINDOW_S)
        self._spool = sound.samples(SPOOL_S)
        self._waiting: deque[Frame] = deque()
        self._change = threading.Condition()
        self._n_captured = 0
        self._n_sent = 0
        self._n_acked = 0
        self._is_ended = False
        self.ended = threading.Event()
        """Set when the app wants no more sound."""
        self.gone = threading.Event()
        """Set when the app has closed its end."""

    def start(self) -> None:
        """Start the thread that reads acknowledgements."""
        threading.Thread(target=self._read_frames, name="acks", daemon=True).start()

    def put_hello(self, **facts: Any) -> None:
        """Report the device that is captured from now on."""
        self._put(Frame(Type.HELLO, self._n_captured, payload=json.dumps(facts).encode()))

    def put_trouble(self, problem: dict[str, Any]) -> None:
        """Report why there is no more sound."""
        self._put(Frame(Type.TROUBLE, self._n_captured, payload=json.dumps(problem).encode()))

    def put_audio(self, pcm: bytes, captured_ns: int, *, is_overrun: bool = False) -> None:
        """Append samples (s16le) with the time of the last one."""
        n_samples = len(pcm) // BYTES_PER_SAMPLE
        is_lost = self._n_captured - self._n_acked + n_samples > self._spool
        if is_overrun or is_lost:
            self._put(Frame(Type.OVERRUN, self._n_captured, captured_ns))
        if not is_lost:
            self._put(Frame(Type.AUDIO, self._n_captured, captured_ns, pcm))
            self._n_captured += n_samples

    def run(self) -> None:
        """Write frames until all is written after ``finish``, or until nobody reads any more."""
        try:
            self._write(PREAMBLE)
            while (frame := self._next()) is not None:
                self._write(frame.encode())
            self._write(Frame(Type.BYE, self._n_captured).encode())
        except OSError:  # the app has gone
            self.ended.set()

    def finish(self) -> None:
        """Announce that nothing more will be captured."""
        with self._change:
            self._is_ended = True
            self._change.notify_all()

    def _put(self, frame: Frame) -> None:
        with self._change:
            self._waiting.append(frame)
            self._change.notify_all()

    def _next(self) -> Frame | None:
        with self._change:
            self._change.wait_for(self._may_go_on)
            if not self._waiting:
                return None
            frame = self._waiting.popleft()
        if frame.type is Type.AUDIO:
            self._n_sent = frame.end
        return frame

    def _may_go_on(self) -> bool:
        if not self._waiting:
            return self._is_ended
        is_open = self._n_sent - self._n_acked < self._window
        return is_open or self._waiting[0].type is not Type.AUDIO

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._to_fd, rest) :]

    def _read_frames(self) -> None:
        """Read frames from the app until it has gone."""
        decoder = Decoder(has_preamble=False)
        try:
            while data := os.read(self._from_fd, 65536):
                for frame in decoder.feed(data):
                    self._handle(frame)
        except (OSError, FrameError):
            pass
        with self._change:  # no acknowledgement will come any more
            self._n_acked = self._n_captured
            self._change.notify_all()
        self.ended.set()
        self.gone.set()

    def _handle(self, frame: Frame) -> None:
        if frame.type is Type.ACK:
            with self._change:
                self._n_acked = max(self._n_acked, frame.sample)
                self._change.notify_all()
        elif frame.type is Type.BYE:
            self.ended.set()
