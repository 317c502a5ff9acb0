"""The microphone's protocol: frames of numbered sound one way, acknowledgements the other.

A peer begins with ``PREAMBLE``; then come frames: a head of 20 bytes (type, codec, length of the
payload, number of the first sample, time of capture) and the payload. The number of a sample is
the truth: what a receiver has, it has once, and what is missing is known to the sample.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from skdictate.core.audio import BYTES_PER_SAMPLE

PREAMBLE = b"SKMIC1\n"
LONGEST = 0xFFFF
"""Bytes of payload in a frame, at most."""
_HEAD = struct.Struct("<BBHQQ")
HEAD_BYTES = _HEAD.size


class Type(IntEnum):
    """What a frame is."""

    HELLO = 1
    """From the microphone: what is heard now, as JSON. Said at the start and after a change."""
    AUDIO = 2
    """From the microphone: s16le mono, from ``sample`` on."""
    OVERRUN = 3
    """From the microphone: the sound system dropped something at ``sample``."""
    TROUBLE = 4
    """From the microphone: why it ends, as JSON."""
    ACK = 5
    """To the microphone: everything before ``sample`` is in the recording."""
    BYE = 6
    """To the microphone: capture no more. From it: that was all."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    type: Type
    sample: int = 0
    """A position in the microphone's own stream, which starts at 0."""
    capture_ns: int = 0
    """When its last sample was captured, on the steady clock of the machine that did it."""
    payload: bytes = b""

    @property
    def end(self) -> int:
        """The position after its samples."""
        return self.sample + len(self.payload) // BYTES_PER_SAMPLE

    def encode(self) -> bytes:
        """As it is sent."""
        return _HEAD.pack(self.type, 0, len(self.payload), self.sample, self.capture_ns) + (
            self.payload
        )


class FrameError(ValueError):
    """What came is not this protocol; the text says what came instead."""


class Decoder:
    """Bytes in, in any pieces; whole frames out."""

    def __init__(self, *, has_preamble: bool = True) -> None:
        self._rest = bytearray()
        self._needs_preamble = has_preamble
        self._next = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now.

        Raises:
            FrameError: it is not the protocol; nothing after it can be trusted.
        """
        self._rest += data
        if self._needs_preamble and not self._take_preamble():
            return []
        frames = []
        while (frame := self._take()) is not None:
            frames.append(frame)
        return frames

    def _take_preamble(self) -> bool:
        head = bytes(self._rest[: len(PREAMBLE)])
        if not PREAMBLE.startswith(head):
            raise FrameError(f"it begins with {bytes(self._rest[:40])!r}")
        if len(head) < len(PREAMBLE):
            return False
        del self._rest[: len(PREAMBLE)]
        self._needs_preamble = False
        return True

    def _take(self) -> Frame | None:
        if len(self._rest) < HEAD_BYTES:
            return None
        kind, codec, size, sample, capture_ns = _HEAD.unpack_from(self._rest)
        if kind not in _KNOWN or codec != 0:
            raise FrameError(f"a frame of type {kind} and codec {codec}")
        if len(self._rest) < HEAD_BYTES + size:
            return None
        payload = bytes(self._rest[HEAD_BYTES : HEAD_BYTES + size])
        del self._rest[: HEAD_BYTES + size]
        frame = Frame(Type(kind), sample, capture_ns, payload)
        if frame.type is Type.AUDIO:
            self._check(frame)
        return frame

    def _check(self, frame: Frame) -> None:
        if len(frame.payload) % BYTES_PER_SAMPLE:
            raise FrameError("half a sample")
        if frame.sample != self._next:
            raise FrameError(f"sample {frame.sample} where {self._next} was due")
        self._next = frame.end


_KNOWN = frozenset(Type)
