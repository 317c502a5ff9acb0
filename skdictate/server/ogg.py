"""OGG as a stream: pages that come in pieces, and the packets in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skdictate.server.container_overhead import Overhead
from skdictate.server.decoder import broken

HEADER_BYTES = 27
LACING = 255
"""A piece of this length goes on in the next."""
LONGEST_PACKET_BYTES = 65_536
"""More than any packet of sound; a stream may claim one without end."""
_IS_FIRST = 2


@dataclass(frozen=True, slots=True)
class Packet:
    """What lies in the pages."""

    data: bytes
    is_first: bool
    """It begins a stream."""


class Ogg:
    """Takes bytes, gives packets of one stream at a time: the last that began."""

    def __init__(self, overhead: Overhead) -> None:
        self._overhead = overhead
        self._data = bytearray()
        self._packet = bytearray()
        self._serial: bytes | None = None

    def packets(self, data: bytes) -> Iterator[Packet]:
        """The packets that are complete now.

        Raises:
            RefusedError: these are no pages.
        """
        self._data += data
        while page := self._page():
            yield from self._read(page)

    def _page(self) -> bytes:
        """The next page; empty if it is not there yet."""
        n_known = min(4, len(self._data))
        if self._data[:n_known] != b"OggS"[:n_known]:
            raise broken("OGG", "there is no page where one should begin")
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
            self._overhead.part()
            return
        start = HEADER_BYTES + page[26]
        if start == HEADER_BYTES:
            self._overhead.part()
        for length in page[HEADER_BYTES:start]:
            self._packet += page[start : start + length]
            start += length
            if len(self._packet) > LONGEST_PACKET_BYTES:
                raise broken("OGG", "a packet has no end")
            if length < LACING:
                yield Packet(bytes(self._packet), is_first)
                self._packet.clear()
