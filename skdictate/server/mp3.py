"""A streaming MP3 decoder."""

from __future__ import annotations

from collections.abc import Iterator

import av

from skdictate.audio.resampling import Converter
from skdictate.server.container_overhead import Overhead
from skdictate.server.decoder import DECODED_HZ, check, malformed

TAG_BYTES = 10
"""The size of an ID3v2 header. Such a tag may stand before the sound and hold pictures."""
JUNK_BYTES = 8_192
"""The most bytes without sound between two frames, such as other tags or a truncated frame."""


class Mp3:
    """Decodes MP3 with one channel; see ``Decoder``."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("mp3", "r")
        self._overhead = Overhead("MP3")
        self._head: bytearray | None = bytearray()
        """The first bytes, until it is known whether they begin a tag; None from then on."""
        self._skip_bytes = 0
        self._junk_bytes = 0
        self._rate_hz = 0
        self._converter: Converter | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes."""
        data = self._without_tag(data)
        if data:
            yield from self._parse(data)

    def finish(self) -> Iterator[bytes]:
        """Yield what is left in the parser and in the resampler."""
        yield from self._parse(bytes(self._head or b""))
        yield from self._parse(None)
        if self._converter is None:
            raise malformed("MP3", "it contains no sound")
        yield self._converter.convert_pcm(b"", is_last=True)

    def _without_tag(self, data: bytes) -> bytes:
        if self._head is not None:
            self._head += data
            if len(self._head) < TAG_BYTES:
                return b""
            data, self._head = bytes(self._head), None
            if data.startswith(b"ID3"):
                self._skip_bytes = TAG_BYTES + _size_bytes(data[6:TAG_BYTES])
        skipped = min(self._skip_bytes, len(data))
        self._skip_bytes -= skipped
        return data[skipped:]

    def _parse(self, data: bytes | None) -> Iterator[bytes]:
        for packet in self._codec.parse(data):
            try:
                frames = self._codec.decode(packet)
            except av.FFmpegError:
                frames = []
            self._junk_bytes = 0 if frames else self._junk_bytes + packet.size
            if not frames:
                self._overhead.add_part()
            if self._junk_bytes > JUNK_BYTES:
                raise malformed("MP3", "it contains too much data that is not sound")
            for frame in frames:
                yield self._overhead.sound(self._convert(frame))

    def _convert(self, frame: av.AudioFrame) -> bytes:
        if self._converter is None:
            check(frame.sample_rate, frame.layout.nb_channels)
            self._rate_hz = frame.sample_rate
            self._converter = Converter(self._rate_hz, DECODED_HZ)
        if (frame.sample_rate, frame.layout.nb_channels) != (self._rate_hz, 1):
            raise malformed("MP3", "the sound changes its rate or its channels")
        return self._converter.convert_pcm(frame.to_ndarray()[0].tobytes())


def _size_bytes(four: bytes) -> int:
    """An ID3 size: seven bits in each byte, most significant first."""
    size = 0
    for byte in four:
        size = size << 7 | byte & 0x7F
    return size
