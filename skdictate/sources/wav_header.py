"""Parses the header of a WAV from a pipe, which cannot seek.

Also beyond 4 GiB, as RF64 or BW64 (EBU Tech 3306, ITU-R BS.2088), which is what this program itself
writes for long recordings.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BufferedReader

from skdictate.audio.pcm import BYTES_PER_SAMPLE

PCM, EXTENSIBLE = 1, 0xFFFE
ENDLESS_BYTES = 0x7FFF_0000
"""A WAV that claims to be larger was written by a program that did not know its length."""
IN_64_BITS = 0xFFFF_FFFF
"""The size is in the ``ds64`` chunk instead."""
LONGEST_FORMAT_BYTES = 1_024
BITE_BYTES = 65_536
HIGHEST_HZ = 1_000_000
MOST_CHANNELS = 64


class UnreadableError(Exception):
    """The sound cannot be read from a pipe; ``hint`` says what to do, if that is known."""

    def __init__(self, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class WavHeader:
    """The format of the 16-bit interleaved samples that follow."""

    rate_hz: int
    n_channels: int
    size_bytes: int | None
    """The size of the samples; None if they go on until the end."""


def read_header(pipe: BufferedReader) -> WavHeader:
    """Read everything before the samples.

    Raises:
        UnreadableError: it is not a WAV of 16 bits.
        EOFError: it ends before the samples.
    """
    _exactly(pipe, 8)
    if _exactly(pipe, 4) != b"WAVE":
        raise UnreadableError("it begins like a WAV and is none")
    size_64: int | None = None
    form: tuple[int, int] | None = None
    while True:
        name, size = struct.unpack("<4sI", _exactly(pipe, 8))
        if name == b"data":
            if form is None:
                raise UnreadableError("its samples come before their format")
            return WavHeader(*form, _length(size, size_64))
        if name in (b"fmt ", b"ds64") and size <= LONGEST_FORMAT_BYTES:
            chunk = _exactly(pipe, size + size % 2)
            if name == b"fmt ":
                form = _format(chunk)
            elif size >= 16:
                (size_64,) = struct.unpack_from("<Q", chunk, 8)
        else:
            _skip(pipe, size + size % 2)


def _format(chunk: bytes) -> tuple[int, int]:
    """The sample rate and the number of channels."""
    if len(chunk) < 16:
        raise UnreadableError("its format makes no sense")
    tag, n_channels, rate_hz, _, _, n_bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if tag != PCM:
        raise UnreadableError("its samples are no PCM")
    if n_bits != 8 * BYTES_PER_SAMPLE:
        raise UnreadableError(f"it has {n_bits} bits a sample, and 16 are needed")
    if not (0 < n_channels <= MOST_CHANNELS and 0 < rate_hz <= HIGHEST_HZ):
        raise UnreadableError(f"it claims {n_channels} channels at {rate_hz} Hz")
    return rate_hz, n_channels


def _length(size: int, size_64: int | None) -> int | None:
    if size == IN_64_BITS and size_64 is not None:
        return size_64 if 0 < size_64 < 1 << 63 else None
    return size if 0 < size < ENDLESS_BYTES else None


def _exactly(pipe: BufferedReader, n_bytes: int) -> bytes:
    data = pipe.read(n_bytes)
    if len(data) < n_bytes:
        raise EOFError
    return data


def _skip(pipe: BufferedReader, n_bytes: int) -> None:
    """Skip a chunk; it may be large and is not kept."""
    while n_bytes:
        n_bytes -= len(_exactly(pipe, min(n_bytes, BITE_BYTES)))
