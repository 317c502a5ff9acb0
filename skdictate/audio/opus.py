"""Opus for connections that are too slow for PCM: packets of 20 ms, exact to the sample.

The codec delays sound by its lookahead of 6.5 ms: the first packet of a run decodes to that much
before its own sound. So the last samples of each packet are the ones that count.
"""

from __future__ import annotations

import struct

import av
import numpy as np

from skdictate.audio.pcm import Format

PACKET_S = 0.02
AHEAD_S = 0.0065
"""What libopus calls its lookahead, at any rate and with the application that we choose."""
BITRATE = 24_000
RATES = (8_000, 16_000, 48_000)
"""Those that Opus takes and that its own is a multiple of."""
DECODED_HZ = 48_000
"""Opus decodes to this; the sound that we put in has nothing above half of its own rate."""
_HEAD = struct.Struct("<8sBBHIhB")


class OpusEncoder:
    """One run of packets: the first is for a new decoder."""

    def __init__(self, sound: Format) -> None:
        self.n_samples = sound.samples(PACKET_S)
        """In a packet."""
        self.n_ahead = sound.samples(AHEAD_S)
        """So many less count of the first."""
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.sample_rate = sound.rate_hz
        self._codec.layout = "mono"
        self._codec.format = "s16"
        self._codec.bit_rate = BITRATE
        self._codec.options = {"application": "voip", "frame_duration": "20", "vbr": "on"}
        self._codec.open()

    def pack(self, pcm: bytes) -> bytes:
        """The next ``n_samples`` as a packet."""
        block = np.frombuffer(pcm, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = self._codec.sample_rate
        (packet,) = self._codec.encode(frame)
        return bytes(packet)


class OpusDecoder:
    """A decoder for one run of packets."""

    def __init__(self, sound: Format) -> None:
        self._step = DECODED_HZ // sound.rate_hz
        self._codec = av.CodecContext.create("opus", "r")
        self._codec.extradata = _HEAD.pack(b"OpusHead", 1, 1, 0, sound.rate_hz, 0, 0)
        self._codec.sample_rate = DECODED_HZ
        self._codec.layout = "mono"

    def unpack(self, packet: bytes) -> bytes:
        """A packet as s16le.

        Raises:
            ValueError: it is no packet of Opus.
        """
        try:
            decoded = [frame.to_ndarray()[0] for frame in self._codec.decode(av.Packet(packet))]
        except av.FFmpegError as error:
            raise ValueError("a packet that cannot be decoded") from error
        if not decoded:
            raise ValueError("a packet without sound")
        block = np.concatenate(decoded)[:: self._step]
        pcm: bytes = np.clip(np.rint(block * 32768), -32768, 32767).astype("<i2").tobytes()
        return pcm
