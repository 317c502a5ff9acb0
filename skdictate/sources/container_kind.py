"""Recognises the format of sound by its first bytes.

The signatures are those of the formats' specifications. Raw sound has none; it may look like an MP3
or AAC frame by chance, which the frames that would follow rule out.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

HEAD_BYTES = 12
"""Bytes that suffice for all formats but those that begin with a frame."""
MOST_HEAD_BYTES = 65_536
FRAMES = 3
"""How many consecutive frames cannot be chance."""


class Container(StrEnum):
    """Formats, by their usual names."""

    WAV = "WAV"
    RF64 = "RF64"
    """WAV beyond 4 GiB; also known as BW64."""
    MP3 = "MP3"
    AAC = "AAC"
    OGG = "OGG"
    FLAC = "FLAC"
    MP4 = "M4A or MP4"
    WEBM = "WebM or Matroska"
    CAF = "CAF"
    AIFF = "AIFF"
    AMR = "AMR"
    AU = "AU"
    W64 = "W64"
    ASF = "WMA"
    WAVPACK = "WavPack"

    @property
    def is_of_files(self) -> bool:
        """Whether it can be read from a file, though not from a pipe."""
        return self in _FROM_FILES


_FROM_FILES = {Container.MP3, Container.OGG, Container.FLAC, Container.CAF, Container.AIFF}
_FROM_FILES |= {Container.AU, Container.W64}
"""The formats that libsndfile can read."""
_MARKS = (
    (0, b"RIFF", Container.WAV),
    (0, b"RF64", Container.RF64),
    (0, b"BW64", Container.RF64),
    (0, b"OggS", Container.OGG),
    (0, b"fLaC", Container.FLAC),
    (0, b"\x1aE\xdf\xa3", Container.WEBM),
    (0, b"caff\x00\x01", Container.CAF),
    (0, b"#!AMR", Container.AMR),
    (0, b".snd\x00\x00", Container.AU),
    (0, b"riff.\x91\xcf\x11", Container.W64),
    (0, b"0&\xb2u\x8ef\xcf\x11", Container.ASF),
    (0, b"wvpk", Container.WAVPACK),
    (4, b"ftyp", Container.MP4),
    (4, b"moov", Container.MP4),
    (4, b"mdat", Container.MP4),
    (4, b"wide", Container.MP4),
)


def container_of(head: bytes) -> Container | None:
    """The format of the sound; None for raw sound.

    Args:
        head: the first bytes, as many as ``enough`` asks for, or all if there are fewer.
    """
    for offset, mark, container in _MARKS:
        if head[offset : offset + len(mark)] == mark:
            return container
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Container.AIFF
    if _is_id3(head):
        return Container.MP3
    for kind, length in _FRAMED:
        if _follow(head, length):
            return kind
    return None


def enough(head: bytes) -> bool:
    """Whether these first bytes suffice to tell the format."""
    if len(head) < HEAD_BYTES:
        return False
    return len(head) >= MOST_HEAD_BYTES or not any(_needs(head, length) for _, length in _FRAMED)


def _is_id3(head: bytes) -> bool:
    """An ID3 tag before MP3: two version bytes, a byte of flags, and four bytes below 0x80."""
    numbers = head[3:10]
    return (
        head[:3] == b"ID3" and len(numbers) == 7 and max(numbers[3:]) < 0x80 and 0xFF not in numbers
    )


Length = Callable[[bytes], int]
"""Returns the size in bytes of the frame with this header; 0 if it is no frame header."""


def _starts(head: bytes, length: Length) -> tuple[int, int]:
    """How many consecutive headers match the first, and where the next one would be."""
    at, n_frames = 0, 0
    while n_frames < FRAMES and len(head) >= at + HEADER_BYTES:
        n_bytes = length(head[at : at + HEADER_BYTES])
        if not n_bytes or (head[at + 1] ^ head[1]) & 0xFE or (head[at + 2] ^ head[2]) & 0x0C:
            return 0, at
        at += n_bytes
        n_frames += 1
    return n_frames, at


HEADER_BYTES = 6


def _follow(head: bytes, length: Length) -> bool:
    n_frames, end = _starts(head, length)
    return n_frames == FRAMES or (n_frames > 0 and end == len(head))


def _needs(head: bytes, length: Length) -> bool:
    """Whether all headers so far are of frames, but too few to be sure."""
    n_frames, _ = _starts(head, length)
    return 0 < n_frames < FRAMES


_V1 = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
"""Kilobits per second by layer, of MPEG-1 (ISO 11172-3)."""
_V2_FIRST = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_V2_REST = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""The same of MPEG-2 and 2.5 (ISO 13818-3)."""
_RATES_HZ = (44_100, 48_000, 32_000)


def _mp3_bytes(header: bytes) -> int:
    """The size of an MPEG audio frame of any layer."""
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if header[0] != 0xFF or header[1] < 0xE0 or version == 1 or layer == 4:
        return 0
    if bitrate in (0, 15) or rate == 3:
        return 0
    rate_hz = _RATES_HZ[rate] >> {3: 0, 2: 1, 0: 2}[version]
    table = _V1[layer] if version == 3 else _V2_FIRST if layer == 1 else _V2_REST
    bits = table[bitrate - 1] * 1_000
    padding = header[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate_hz + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // rate_hz + padding


def _aac_bytes(header: bytes) -> int:
    """The size of an AAC frame with an ADTS header (ISO 13818-7)."""
    if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF > 12:
        return 0
    n_bytes = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return n_bytes if n_bytes > 7 else 0


_FRAMED = ((Container.MP3, _mp3_bytes), (Container.AAC, _aac_bytes))
