"""Finds the decoder of a container; its library is loaded when the first one is needed."""

from __future__ import annotations

from skdictate.server.decoder import Decoder
from skdictate.server.session_rules import invalid_request


def open_container(name: str) -> Decoder:
    """A new decoder for the container with this name of the protocol's enumeration.

    Raises:
        RefusedError: there is no such container.
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
    raise invalid_request("container_audio_type has to be WAV, OGG_OPUS or MP3")
