"""Opus in OGG, as a stream."""

from __future__ import annotations

from collections.abc import Iterator

import av

from skdictate.audio.resampling import Converter
from skdictate.server.container_overhead import HEAD_PARTS, Overhead
from skdictate.server.decoder import DECODED_HZ, broken, check
from skdictate.server.ogg import Ogg

OPUS_HZ = 48_000
"""Opus knows its own rate only; what a header says is what the sound once had."""
HEAD, TAGS = b"OpusHead", b"OpusTags"
LEAST_HEAD_BYTES = 19


class OggOpus:
    """See ``Decoder``."""

    def __init__(self) -> None:
        self._overhead = Overhead("OGG_OPUS")
        self._ogg = Ogg(self._overhead)
        self._codec: av.AudioCodecContext | None = None
        self._converter = Converter(OPUS_HZ, DECODED_HZ)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The next bytes."""
        for packet in self._ogg.packets(data):
            if packet.is_first:
                self._begin(packet.data)
            elif packet.data and not packet.data.startswith(TAGS):
                yield self._hear(packet.data)
            else:
                self._overhead.part()
                yield b""

    def finish(self) -> Iterator[bytes]:
        """What the resampler holds."""
        if self._codec is None:
            raise broken("OGG_OPUS", "there is no Opus in it")
        yield self._converter.convert_pcm(b"", is_last=True)

    def _begin(self, head: bytes) -> None:
        if not head.startswith(HEAD) or len(head) < LEAST_HEAD_BYTES:
            raise broken("OGG_OPUS", "a stream in it is no Opus")
        check(OPUS_HZ, head[9])
        self._overhead.part(HEAD_PARTS)
        self._codec = av.CodecContext.create("opus", "r")
        self._codec.extradata = head
        self._codec.sample_rate = OPUS_HZ
        self._codec.layout = "mono"

    def _hear(self, packet: bytes) -> bytes:
        if self._codec is None:
            raise broken("OGG_OPUS", "a stream in it has no head")
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError as error:
            raise broken("OGG_OPUS", "a packet cannot be decoded") from error
        if not frames:
            self._overhead.part()
        pcm = (self._converter.convert(frame.to_ndarray()[0]) for frame in frames)
        return self._overhead.sound(b"".join(pcm))
