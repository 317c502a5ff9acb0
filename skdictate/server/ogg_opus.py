"""A streaming decoder for Opus in Ogg."""

from __future__ import annotations

from collections.abc import Iterator

import av

from skdictate.audio.resampling import Converter
from skdictate.server.container_overhead import HEAD_PARTS, Overhead
from skdictate.server.decoder import DECODED_HZ, check, malformed
from skdictate.server.ogg import Ogg

OPUS_HZ = 48_000
"""Opus always decodes to this rate; the one in its header is that of the original sound."""
HEAD, TAGS = b"OpusHead", b"OpusTags"
LEAST_HEAD_BYTES = 19


class OggOpus:
    """Decodes Opus with one channel; see ``Decoder``."""

    def __init__(self) -> None:
        self._overhead = Overhead("OGG_OPUS")
        self._ogg = Ogg(self._overhead)
        self._codec: av.AudioCodecContext | None = None
        self._converter = Converter(OPUS_HZ, DECODED_HZ)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes."""
        for packet in self._ogg.packets(data):
            if packet.is_first:
                self._begin(packet.data)
            elif packet.data and not packet.data.startswith(TAGS):
                yield self._decode_packet(packet.data)
            else:
                self._overhead.add_part()
                yield b""

    def finish(self) -> Iterator[bytes]:
        """Yield what is left in the resampler."""
        if self._codec is None:
            raise malformed("OGG_OPUS", "it contains no Opus stream")
        yield self._converter.convert_pcm(b"", is_last=True)

    def _begin(self, head: bytes) -> None:
        if not head.startswith(HEAD) or len(head) < LEAST_HEAD_BYTES:
            raise malformed("OGG_OPUS", "it contains a stream that is not Opus")
        check(OPUS_HZ, head[9])
        self._overhead.add_part(HEAD_PARTS)
        self._codec = av.CodecContext.create("opus", "r")
        self._codec.extradata = head
        self._codec.sample_rate = OPUS_HZ
        self._codec.layout = "mono"

    def _decode_packet(self, packet: bytes) -> bytes:
        if self._codec is None:
            raise malformed("OGG_OPUS", "it contains a stream without a header")
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError as error:
            raise malformed("OGG_OPUS", "a packet cannot be decoded") from error
        if not frames:
            self._overhead.add_part()
        pcm = (self._converter.convert(frame.to_ndarray()[0]) for frame in frames)
        return self._overhead.sound(b"".join(pcm))
