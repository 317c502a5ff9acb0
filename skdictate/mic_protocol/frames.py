"""The microphone's protocol: frames of numbered sound one way, acknowledgements the other.

A peer begins with ``PREAMBLE``; then come frames: a head of 20 bytes (type, codec, length of the
payload, number of the first sample, time of capture) and the payload. The number of a sample is
the truth: what a receiver has, it has once, and what is missing is known to the sample.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from skdictate.audio.pcm import BYTES_PER_SAMPLE

PREAMBLE = b"SKMIC1\n"
LONGEST = 0xFFFF
"""Bytes of payload in a frame, at most."""
LONGEST_WORDS = 4096
"""The same where the payload is words, as in a hello."""
FARTHEST = 1 << 62
"""No sample has this number; it would take a hundred thousand years."""
_HEAD = struct.Struct("<BBHQQ")
HEAD_BYTES = _HEAD.size
_COUNT = struct.Struct("<H")
_SPAN = struct.Struct("<Q")


class Type(IntEnum):
    """What a frame is."""

    HELLO = 1
    """From the microphone: what is heard now, as JSON. Said at the start and after a change."""
    AUDIO = 2
    """From the microphone: s16le mono, or a packet of Opus, from ``sample`` on."""
    OVERRUN = 3
    """From the microphone: the sound system dropped something at ``sample``."""
    TROUBLE = 4
    """As JSON. From the microphone: why no sound comes. To it: why it is not listened to."""
    ACK = 5
    """To the microphone: everything before ``sample`` is in the recording. The first: begin."""
    BYE = 6
    """To the microphone: capture no more. From it: that was all."""
    PING = 7
    """Are you there? Either way. The app says which one it is: a sender comes back to the same."""
    PONG = 8
    """Yes; with what the ping said, and the time of the other clock."""
    GAP = 9
    """From the microphone: so many samples from ``sample`` on were spoken and do not exist."""
    PAUSE = 10
    """To the microphone: what is captured from now on is not wanted."""
    RESUME = 11
    """To the microphone: it is wanted again."""
    MEND = 12
    """From the microphone: as s16le what went as Opus before."""
    MENDED = 13
    """To the microphone: everything before ``sample`` that was to be mended is."""


class Codec(IntEnum):
    """How the samples of a frame are packed."""

    PCM = 0
    OPUS = 1
    """One packet, which goes on where the last one ended."""
    OPUS_FIRST = 2
    """One packet, the first for a new decoder."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    type: Type
    sample: int = 0
    """A position in the microphone's own stream, which starts at 0."""
    capture_ns: int = 0
    """When its last sample was captured, on the steady clock of the machine that did it."""
    payload: bytes = b""
    codec: Codec = Codec.PCM

    @classmethod
    def gap(cls, sample: int, n_samples: int, reason: str = "") -> Self:
        """That much is missing; the numbers of these samples are used up."""
        return cls(Type.GAP, sample, 0, _SPAN.pack(n_samples) + reason.encode())

    @classmethod
    def opus(
        cls, sample: int, capture_ns: int, n_samples: int, packet: bytes, *, is_first: bool
    ) -> Self:
        """A packet; of what it decodes to, the last ``n_samples`` count."""
        codec = Codec.OPUS_FIRST if is_first else Codec.OPUS
        return cls(Type.AUDIO, sample, capture_ns, _COUNT.pack(n_samples) + packet, codec)

    @classmethod
    def pong(cls, ping: Frame, now_ns: int) -> Self:
        """The answer to a ping: what it said, and the time of our steady clock."""
        return cls(Type.PONG, ping.sample, ping.capture_ns, _SPAN.pack(now_ns))

    @property
    def told_ns(self) -> int | None:
        """Of a pong: the time of its sender's clock, if that is told."""
        return int(_SPAN.unpack(self.payload)[0]) if len(self.payload) == _SPAN.size else None

    @property
    def n_samples(self) -> int:
        """How many numbers it uses up."""
        match self.type:
            case Type.AUDIO if self.codec is not Codec.PCM:
                return int(_COUNT.unpack_from(self.payload)[0])
            case Type.AUDIO | Type.MEND:
                return len(self.payload) // BYTES_PER_SAMPLE
            case Type.GAP:
                return int(_SPAN.unpack_from(self.payload)[0])
        return 0

    @property
    def end(self) -> int:
        """The position after its samples."""
        return self.sample + self.n_samples

    @property
    def packet(self) -> bytes:
        """Of Opus."""
        return self.payload[_COUNT.size :]

    @property
    def reason(self) -> str:
        """Of a gap; as untrusted as its sender."""
        return self.payload[_SPAN.size :].decode(errors="replace")

    def encode(self) -> bytes:
        """As it is sent."""
        size = len(self.payload)
        return _HEAD.pack(self.type, self.codec, size, self.sample, self.capture_ns) + self.payload


def size_of(head: bytes) -> int:
    """Bytes of the payload that follows a head."""
    return int(_HEAD.unpack_from(head)[2])


class FrameError(ValueError):
    """What came is not this protocol; the text says what came instead."""


class Decoder:
    """Bytes in, in any pieces; whole frames out.

    Of the capture process the samples come one after the other, as it is ours; what a peer numbers
    is checked by ``Intake``.
    """

    def __init__(self, *, has_preamble: bool = True, is_peer: bool = False) -> None:
        self._rest = bytearray()
        self._needs_preamble = has_preamble
        self._is_peer = is_peer
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
        _check_head(kind, codec, size, sample)
        if len(self._rest) < HEAD_BYTES + size:
            return None
        payload = bytes(self._rest[HEAD_BYTES : HEAD_BYTES + size])
        del self._rest[: HEAD_BYTES + size]
        frame = Frame(Type(kind), sample, capture_ns, payload, Codec(codec))
        if frame.end >= FARTHEST:
            raise FrameError(f"{frame.n_samples} samples at once")
        if frame.type is Type.AUDIO and not self._is_peer:
            self._follow(frame)
        return frame

    def _follow(self, frame: Frame) -> None:
        if frame.sample != self._next:
            raise FrameError(f"sample {frame.sample} where {self._next} was due")
        self._next = frame.end


def _check_head(kind: int, codec: int, size: int, sample: int) -> None:
    """Whether a frame may begin like that."""
    if kind not in _KNOWN or codec not in _CODECS or (codec and kind != Type.AUDIO):
        raise FrameError(f"a frame of type {kind} and codec {codec}")
    if sample >= FARTHEST:
        raise FrameError(f"sample {sample}")
    if kind in _WORDY and size > LONGEST_WORDS:
        raise FrameError(f"{size} bytes of words")
    if kind in (Type.AUDIO, Type.MEND) and not codec and size % BYTES_PER_SAMPLE:
        raise FrameError("half a sample")
    if size < _LEAST.get((kind, bool(codec)), 0):
        raise FrameError(f"{size} bytes in a frame of type {kind} and codec {codec}")


_KNOWN = frozenset(Type)
_CODECS = frozenset(Codec)
_WORDY = (Type.HELLO, Type.TROUBLE, Type.GAP)
_LEAST: dict[tuple[int, bool], int] = {
    (Type.AUDIO, True): _COUNT.size + 1,
    (Type.GAP, False): _SPAN.size,
}
"""Bytes of payload, by type and whether it is Opus."""
