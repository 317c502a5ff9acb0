"""A streaming Ogg parser: pages that arrive in pieces, and the packets in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skdictate.server.container_overhead import Overhead
from skdictate.server.decoder import malformed

HEADER_BYTES = 27
LACING = 255
"""A segment of this length is continued by the next one."""
LONGEST_PACKET_BYTES = 65_536
"""More than any audio packet has; without a limit a stream could claim an endless packet."""
_IS_FIRST = 2


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of the stream."""

    data: bytes
    is_first: bool
    """Whether it is the first packet of a stream."""


class Ogg:
    """Splits bytes into the packets of one logical stream: the one that began last."""

    def __init__(self, overhead: Overhead) -> None:
        self._overhead = overhead
        self._data = bytearray()
        self._packet = bytearray()
        self._serial: bytes | None = None

    def packets(self, data: bytes) -> Iterator[Packet]:
        """Yield the packets that are complete with these bytes.

        Raises:
            RefusedError: the bytes are not Ogg pages.
        """
        self._data += data
        while page := self._page():
            yield from self._read(page)

    def _page(self) -> bytes:
        """Take the next page from the buffer; empty if it is not complete yet."""
        n_known = min(4, len(self._data))
        if self._data[:n_known] != b"OggS"[:n_known]:
            raise malformed("OGG", "a page is missing")
        if len(self._data) < HEADER_BYTES:
            return b""
        n_pieces = self._data[26]
        if len(self._data) < HEADER_BYTES + n_pieces:
            return b""
        lengths = self._data[HEADER_BYTES : HEADER_BYTES + n_pieces]
        size_bytes = HEADER_BYTES + n_pieces + sum(lengths)
        if len(self._data) < size_bytes:
            return b""
        page = bytes(self._data[:size_bytes])
        del self._data[:size_bytes]
        return page

    def _read(self, page: bytes) -> Iterator[Packet]:
        serial, is_first = page[14:18], bool(page[5] & _IS_FIRST)
        if is_first:
            self._serial = serial
            self._packet.clear()
        if serial != self._serial:
            self._overhead.add_part()
            return
        start = HEADER_BYTES + page[26]
        if start == HEADER_BYTES:
            self._overhead.add_part()
        for length in page[HEADER_BYTES:start]:
            self._packet += page[start : start + length]
            start += length
            if len(self._packet) > LONGEST_PACKET_BYTES:
                raise malformed("OGG", "a packet has no end")
            if length < LACING:
                yield Packet(bytes(self._packet), is_first)
                self._packet.clear()
