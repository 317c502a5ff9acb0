"""Containers by their names in the protocol; what opens them is loaded when the first one comes."""

from __future__ import annotations

from skdictate.server.decoder import Decoder
from skdictate.server.session_rules import wrong


def open_container(name: str) -> Decoder:
    """A decoder for one.

    Raises:
        RefusedError: there is none of that name.
    """
    match name:
        case "WAV":
            from skdictate.server.wav import Wav

            return Wav()
        case "OGG_OPUS":
            from skdictate.server.ogg_opus import OggOpus

            return OggOpus()
        case "MP3":
            from skdictate.server.mp3 import Mp3

            return Mp3()
    raise wrong("container_audio_type has to be WAV, OGG_OPUS or MP3")
