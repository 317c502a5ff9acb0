"""Bytes of a client as sound: what all formats have in common.

Decoders take bytes as they come, in pieces of any size, and give the sound of what is complete.
They give it in pieces too, so that whoever takes it may stop: a few bytes of Opus can be hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from skdictate.server.session_rules import RefusedError, wrong

RATES_HZ = range(8_000, 48_001)
DECODED_HZ = 16_000
"""What comes out of a container, whatever is inside: the model wants no other rate."""


class Decoder(Protocol):
    """One client's sound, from bytes to samples (s16le, mono)."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The next bytes.

        Raises:
            RefusedError: they are not what they were said to be.
        """

    def finish(self) -> Iterator[bytes]:
        """No more bytes will come: what is left.

        Raises:
            RefusedError: there was nothing that could be heard.
        """


class Raw:
    """Samples as they are. A message may end in the middle of one: its other byte is the next."""

    def __init__(self) -> None:
        self._half = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The next bytes; gives whole samples."""
        data = self._half + data
        n_whole = len(data) - len(data) % 2
        self._half = data[n_whole:]
        yield data[:n_whole]

    def finish(self) -> Iterator[bytes]:
        """Half a sample is none."""
        yield from ()


def check(rate_hz: int, n_channels: int) -> None:
    """Hold what a container says of its sound to what can be recognised.

    Raises:
        RefusedError: it cannot be.
    """
    if rate_hz not in RATES_HZ:
        raise wrong(f"The sample rate has to be from 8000 to 48000, not {rate_hz}")
    if n_channels != 1:
        raise wrong(f"Only one channel can be recognised in a stream, not {n_channels}")


def broken(name: str, what: str) -> RefusedError:
    """The bytes are not what they were said to be."""
    return wrong(f"The audio is not {name}: {what}")
