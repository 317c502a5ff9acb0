"""Decoders: what turns a client's bytes into samples, whatever their format.

A decoder takes bytes in pieces of any size and yields the sound of what is complete. It yields it
in pieces too, so that the caller can stop in between: a few bytes of Opus can stand for hours of
sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from skdictate.server.session_rules import RefusedError, invalid_request

RATES_HZ = range(8_000, 48_001)
DECODED_HZ = 16_000
"""The sample rate of decoded containers, whatever their own: the model accepts no other."""


class Decoder(Protocol):
    """Decodes one client's sound to samples (s16le, mono)."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Decode the next bytes.

        Raises:
            RefusedError: they are not in the format that the client named.
        """

    def finish(self) -> Iterator[bytes]:
        """Yield what is left when the client has sent everything.

        Raises:
            RefusedError: there was no sound.
        """


class Raw:
    """Passes on uncompressed samples, keeping a sample whole that is split between two messages."""

    def __init__(self) -> None:
        self._half = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the whole samples."""
        data = self._half + data
        n_whole = len(data) - len(data) % 2
        self._half = data[n_whole:]
        yield data[:n_whole]

    def finish(self) -> Iterator[bytes]:
        """Yield nothing: half a sample is dropped."""
        yield from ()


def check(rate_hz: int, n_channels: int) -> None:
    """Check what a container's header says of its sound.

    Raises:
        RefusedError: the sample rate or the number of channels is not supported.
    """
    if rate_hz not in RATES_HZ:
        raise invalid_request(f"The sample rate has to be from 8000 to 48000, not {rate_hz}")
    if n_channels != 1:
        raise invalid_request(f"Only one channel can be recognised in a stream, not {n_channels}")


def malformed(name: str, what: str) -> RefusedError:
    """The error for bytes that are not valid in the named format."""
    return invalid_request(f"The audio is not {name}: {what}")
