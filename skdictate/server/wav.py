"""A streaming WAV decoder: a header, then samples (16 bits, one channel)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from skdictate.audio.resampling import Converter
from skdictate.server.container_overhead import Overhead
from skdictate.server.decoder import DECODED_HZ, check, malformed

PCM, EXTENSIBLE = 1, 0xFFFE
UNKNOWN_BYTES = (0, 0xFFFFFFFF)
"""Sizes in headers of recorders that did not know the length in advance."""
LONGEST_FORMAT_BYTES = 1_024


class Wav:
    """Decodes WAV; see ``Decoder``."""

    def __init__(self) -> None:
        self._overhead = Overhead("WAV")
        self._data = bytearray()
        self._is_begun = False
        self._skip_bytes = 0
        """The remaining bytes of a chunk that is skipped."""
        self._left_bytes: int | None = None
        """The remaining bytes of samples; None if the header gives no length."""
        self._is_sound = False
        self._converter: Converter | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes."""
        self._data += data
        while not self._is_sound and self._read_header():
            yield b""
        if self._is_sound:
            yield from self._samples()

    def finish(self) -> Iterator[bytes]:
        """Yield what is left in the resampler."""
        if not self._is_sound or self._converter is None:
            raise malformed("WAV", "it contains no samples")
        yield self._converter.convert_pcm(b"", is_last=True)

    def _read_header(self) -> bool:
        """Take one part of the header from the buffer; false if it is not complete yet."""
        skipped = min(self._skip_bytes, len(self._data))
        del self._data[:skipped]
        self._skip_bytes -= skipped
        n_wanted = 8 if self._is_begun else 12
        if self._skip_bytes or len(self._data) < n_wanted:
            return False
        if not self._is_begun:
            if self._data[:4] != b"RIFF" or self._data[8:12] != b"WAVE":
                raise malformed("WAV", "it does not begin with RIFF and WAVE")
            self._is_begun = True
            del self._data[:12]
            return True
        return self._read_chunk()

    def _read_chunk(self) -> bool:
        name, (size_bytes,) = bytes(self._data[:4]), struct.unpack_from("<I", self._data, 4)
        if name == b"data":
            if self._converter is None:
                raise malformed("WAV", "samples come before their format")
            del self._data[:8]
            self._left_bytes = None if size_bytes in UNKNOWN_BYTES else size_bytes
            self._is_sound = True
            return False
        if name != b"fmt ":
            self._overhead.add_part()
            del self._data[:8]
            self._skip_bytes = size_bytes + size_bytes % 2
            return True
        if self._converter is not None:
            raise malformed("WAV", "it has two format chunks")
        if not 16 <= size_bytes <= LONGEST_FORMAT_BYTES:
            raise malformed("WAV", "its format chunk is malformed")
        if len(self._data) < 8 + size_bytes:
            return False
        self._read_format(bytes(self._data[8 : 8 + size_bytes]))
        del self._data[: 8 + size_bytes + size_bytes % 2]
        return True

    def _read_format(self, chunk: bytes) -> None:
        tag, n_channels, rate_hz, _, _, n_bits = struct.unpack_from("<HHIIHH", chunk)
        if tag == EXTENSIBLE and len(chunk) >= 26:
            (tag,) = struct.unpack_from("<H", chunk, 24)
        if tag != PCM or n_bits != 16:
            raise malformed("WAV that can be read", "the samples have to be PCM of 16 bits")
        check(rate_hz, n_channels)
        self._converter = Converter(rate_hz, DECODED_HZ)

    def _samples(self) -> Iterator[bytes]:
        assert self._converter is not None
        n_bytes = len(self._data)
        if self._left_bytes is not None:
            n_bytes = min(n_bytes, self._left_bytes)
            self._left_bytes -= n_bytes - n_bytes % 2
        n_bytes -= n_bytes % 2
        pcm = bytes(self._data[:n_bytes])
        del self._data[:n_bytes]
        if self._left_bytes is not None and self._left_bytes < 2:
            self._data.clear()  # chunks after the samples
        yield self._converter.convert_pcm(pcm)
