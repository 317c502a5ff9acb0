"""The microphone's protocol: frames of numbered sound one way, acknowledgements the other.

Each peer begins with ``PREAMBLE``. A frame has a header of 20 bytes (type, codec, payload length,
number of the first sample, time of capture) and a payload. Samples are numbered, so a receiver
knows exactly which it has and which are missing, and stores each of them once.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from skdictate.audio.pcm import BYTES_PER_SAMPLE

PREAMBLE = b"SKMIC1\n"
LONGEST = 0xFFFF
"""The longest payload in bytes."""
LONGEST_WORDS = 4096
"""The longest payload that is text, such as that of HELLO."""
FARTHEST = 1 << 62
"""Sample numbers are below this; reaching it would take millions of years."""
_HEAD = struct.Struct("<BBHQQ")
HEAD_BYTES = _HEAD.size
_COUNT = struct.Struct("<H")
_SPAN = struct.Struct("<Q")


class Type(IntEnum):
    """The types of frames."""

    HELLO = 1
    """From the microphone: the device that is captured, as JSON. Sent at the start and after a
    change."""
    AUDIO = 2
    """From the microphone: samples (s16le mono) or an Opus packet, starting at ``sample``."""
    OVERRUN = 3
    """From the microphone: the sound system dropped something at ``sample``."""
    TROUBLE = 4
    """As JSON. From the microphone: why no sound comes. To it: why it was refused."""
    ACK = 5
    """To the microphone: everything before ``sample`` is recorded. The first one means: begin."""
    BYE = 6
    """To the microphone: stop capturing. From it: that was all."""
    PING = 7
    """Asks for a PONG, in either direction. The app adds its id, so that a sender can return to
    it."""
    PONG = 8
    """The answer to a PING, with its content and the time of the answering clock."""
    GAP = 9
    """From the microphone: this many samples from ``sample`` on were spoken and are lost."""
    PAUSE = 10
    """To the microphone: do not send what is captured from now on."""
    RESUME = 11
    """To the microphone: send again what is captured from now on."""
    MEND = 12
    """From the microphone: as samples (s16le) what was sent as Opus before."""
    MENDED = 13
    """To the microphone: all repairs before ``sample`` have arrived."""


class Codec(IntEnum):
    """How the samples of a frame are encoded."""

    PCM = 0
    OPUS = 1
    """One packet that continues the previous one."""
    OPUS_FIRST = 2
    """One packet, the first for a new decoder."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    type: Type
    sample: int = 0
    """A position in the microphone's own stream, which starts at 0."""
    capture_ns: int = 0
    """When the last sample was captured, on the steady clock of the capturing machine."""
    payload: bytes = b""
    codec: Codec = Codec.PCM

    @classmethod
    def gap(cls, sample: int, n_samples: int, reason: str = "") -> Self:
        """A frame for a gap: these sample numbers are used up."""
        return cls(Type.GAP, sample, 0, _SPAN.pack(n_samples) + reason.encode())

    @classmethod
    def opus(
        cls, sample: int, capture_ns: int, n_samples: int, packet: bytes, *, is_first: bool
    ) -> Self:
        """A frame with an Opus packet, of whose decoded samples the last ``n_samples`` count."""
        codec = Codec.OPUS_FIRST if is_first else Codec.OPUS
        return cls(Type.AUDIO, sample, capture_ns, _COUNT.pack(n_samples) + packet, codec)

    @classmethod
    def pong(cls, ping: Frame, now_ns: int) -> Self:
        """The answer to a ping: its content, and the time of our steady clock."""
        return cls(Type.PONG, ping.sample, ping.capture_ns, _SPAN.pack(now_ns))

    @property
    def clock_ns(self) -> int | None:
        """The time of the sender's clock in a pong; None if it has none."""
        return int(_SPAN.unpack(self.payload)[0]) if len(self.payload) == _SPAN.size else None

    @property
    def n_samples(self) -> int:
        """How many sample numbers the frame uses up."""
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
        """The position after its last sample."""
        return self.sample + self.n_samples

    @property
    def packet(self) -> bytes:
        """The Opus packet."""
        return self.payload[_COUNT.size :]

    @property
    def reason(self) -> str:
        """The reason of a gap, as untrusted as its sender."""
        return self.payload[_SPAN.size :].decode(errors="replace")

    def encode(self) -> bytes:
        """The bytes to send."""
        size = len(self.payload)
        return _HEAD.pack(self.type, self.codec, size, self.sample, self.capture_ns) + self.payload


def size_of(head: bytes) -> int:
    """The size of the payload that follows a header."""
    return int(_HEAD.unpack_from(head)[2])


class FrameError(ValueError):
    """Received bytes are not this protocol; the text says what they are."""


class Decoder:
    """Splits received bytes into frames.

    The samples of our own capturing process are checked to be consecutive; the numbers of a peer
    are checked by ``Admission``.
    """

    def __init__(self, *, has_preamble: bool = True, is_peer: bool = False) -> None:
        self._rest = bytearray()
        self._needs_preamble = has_preamble
        self._is_peer = is_peer
        self._next = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete with these bytes.

        Raises:
            FrameError: they are not this protocol; nothing after them can be trusted.
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
    """Raise ``FrameError`` if a header is not allowed."""
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
"""The smallest payload in bytes, by type and whether it is Opus."""
