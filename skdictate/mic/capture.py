"""Captures from one device until told to end: opens it the best way there is, and sends on."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.mic import portaudio, pulse
from skdictate.mic.captured_block import Blocks, CapturedBlock
from skdictate.mic.device_list import choose, survey
from skdictate.mic.frame_writer import FrameWriter
from skdictate.mic.mic_problems import broken, no_portaudio
from skdictate.mic.portaudio import PortAudioStream, StreamShape
from skdictate.mic.recorder_programs import RecorderProgram, first
from skdictate.mic_protocol.devices import Device, DeviceListing

if TYPE_CHECKING:
    from skdictate.audio.resampling import Converter

WAKE_S = 0.1
LOOK_S = 1.0
"""How often it is looked up which source the sound server really gives us."""
PULSE = "pulse"
"""PortAudio's name of ALSA's bridge to the sound server."""
Recorder = PortAudioStream | RecorderProgram


def prepare(rate_hz: int, channel: int) -> None:
    """Load what a capture takes; where a sound server runs, all but the device itself.

    Without one PortAudio is not loaded: what devices there are it finds out when it is.

    Raises:
        ProblemError: it cannot record that.
    """
    with pulse.connect() as server, suppress(OSError):
        if server is not None and _has_bridge():
            portaudio.shape(PULSE, rate_hz, is_mono=not channel)


class Capture:
    """One device, from ``run`` to the end."""

    def __init__(self, sound: Format, wanted: str, channel: int, sender: FrameWriter) -> None:
        self._format = sound
        self._wanted = wanted
        self._channel = channel
        self._sender = sender
        self._blocks: Blocks = Blocks()
        self._name = ""
        self._converter: Converter | None = None

    def run(self) -> None:
        """Capture until the listener wants no more.

        Raises:
            ProblemError: there is no such device, or it went away.
        """
        with pulse.connect() as server:
            listing = survey(server)
            device = choose(listing, self._wanted)
            recorder = self._recorder(device, has_server=server is not None)
        shape = recorder.shape
        if shape != StreamShape(self._format.rate_hz, 1):
            from skdictate.audio.resampling import Converter

            rate_hz, n_channels = shape.rate_hz, shape.n_channels
            self._converter = Converter(rate_hz, self._format.rate_hz, n_channels)
        with recorder:
            if server is not None:
                threading.Thread(target=self._watch, args=(recorder, listing), daemon=True).start()
            self._send_until_told(recorder, device, listing)
        self._send_the_rest()

    def _recorder(self, device: Device, *, has_server: bool) -> Recorder:
        """The best way to record from a device."""
        rate_hz = self._format.rate_hz
        if has_server:
            pulse.hear(device.name)
        try:
            opened: int | str = PULSE if has_server else device.name
            if has_server and not _has_bridge():
                return self._program(device, "parec", "pw-record")
            is_mono = not self._channel
            return PortAudioStream(
                opened, portaudio.shape(opened, rate_hz, is_mono=is_mono), self._blocks
            )
        except OSError as error:
            names = ("parec", "pw-record") if has_server else ("arecord",)
            return self._program(device, *names, detail=str(error))

    def _program(self, device: Device, *names: str, detail: str = "") -> RecorderProgram:
        name = first(*names)
        if not name:
            raise no_portaudio(detail or "PortAudio has no bridge to the sound server")
        return RecorderProgram(name, device.name, self._format.rate_hz, self._blocks)

    def _greet(self, name: str, label: str, listing: DeviceListing) -> None:
        self._name = name
        self._sender.hello(name=name, label=label, system=listing.system)

    def _send_until_told(self, recorder: Recorder, device: Device, listing: DeviceListing) -> None:
        while not self._sender.ended.is_set():
            try:
                block = self._blocks.get(timeout=WAKE_S)
            except queue.Empty:
                continue
            if block is None:
                raise _ended(recorder, device)
            if not self._name:  # it is said with the first sound: before it, nobody is heard
                self._greet(device.name, device.label, listing)
            self._send(block)

    def _send_the_rest(self) -> None:
        """What was captured before the recorder stopped."""
        with suppress(queue.Empty):
            while (block := self._blocks.get(timeout=WAKE_S)) is not None:
                self._send(block)

    def _send(self, block: CapturedBlock) -> None:
        pcm = block.data
        if self._converter is not None:
            pcm = self._converter.convert_pcm(pcm, self._channel)
        if pcm:
            self._sender.audio(pcm, block.captured_ns, is_overrun=block.is_overrun)

    def _watch(self, recorder: Recorder, listing: DeviceListing) -> None:
        """Notice when the server lets us hear something else than before."""
        with pulse.connect() as server:
            while server is not None:
                source = server.heard_by(recorder.pid)
                if source is not None and self._name not in ("", source.name):
                    self._greet(source.name, source.label, listing)
                time.sleep(LOOK_S)


def _has_bridge() -> bool:
    """Whether PortAudio can record from the sound server."""
    return any(info["name"] == PULSE for info in portaudio.load().query_devices())


def _ended(recorder: Recorder, device: Device) -> ProblemError:
    """The sound ended though nobody wanted that."""
    if isinstance(recorder, RecorderProgram):
        return recorder.trouble()
    return broken(device.label, "The sound system ended the recording")
