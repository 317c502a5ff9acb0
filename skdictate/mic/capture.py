"""Captures from one device until told to stop, in the best way that this system offers."""

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
"""Seconds between checks of which source the sound server actually records from."""
PULSE = "pulse"
"""PortAudio's name for ALSA's bridge to the sound server."""
Recorder = PortAudioStream | RecorderProgram


def prepare(rate_hz: int, channel: int) -> None:
    """Load what capturing needs, and with a sound server everything but the device itself.

    Without a sound server PortAudio is not loaded, because it lists the devices when it is loaded.

    Raises:
        ProblemError: the sound server cannot be recorded from.
    """
    with pulse.connect() as server, suppress(OSError):
        if server is not None and _has_bridge():
            portaudio.shape(PULSE, rate_hz, is_mono=not channel)


class Capture:
    """The capture from one device."""

    def __init__(self, sound: Format, wanted: str, channel: int, sender: FrameWriter) -> None:
        self._format = sound
        self._wanted = wanted
        self._channel = channel
        self._sender = sender
        self._blocks: Blocks = Blocks()
        self._name = ""
        self._converter: Converter | None = None

    def run(self) -> None:
        """Capture until the app wants no more.

        Raises:
            ProblemError: there is no such device, or it was disconnected.
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
            self._send_until_ended(recorder, device, listing)
        self._send_rest()

    def _recorder(self, device: Device, *, has_server: bool) -> Recorder:
        """Choose the best way to record from a device."""
        rate_hz = self._format.rate_hz
        if has_server:
            pulse.set_source(device.name)
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

    def _report_device(self, name: str, label: str, listing: DeviceListing) -> None:
        self._name = name
        self._sender.put_hello(name=name, label=label, system=listing.system)

    def _send_until_ended(self, recorder: Recorder, device: Device, listing: DeviceListing) -> None:
        while not self._sender.ended.is_set():
            try:
                block = self._blocks.get(timeout=WAKE_S)
            except queue.Empty:
                continue
            if block is None:
                raise _ended(recorder, device)
            if not self._name:  # not said before the first sound: a device may open and stay silent
                self._report_device(device.name, device.label, listing)
            self._send(block)

    def _send_rest(self) -> None:
        """Send what was captured before the recorder stopped."""
        with suppress(queue.Empty):
            while (block := self._blocks.get(timeout=WAKE_S)) is not None:
                self._send(block)

    def _send(self, block: CapturedBlock) -> None:
        pcm = block.data
        if self._converter is not None:
            pcm = self._converter.convert_pcm(pcm, self._channel)
        if pcm:
            self._sender.put_audio(pcm, block.captured_ns, is_overrun=block.is_overrun)

    def _watch(self, recorder: Recorder, listing: DeviceListing) -> None:
        """Report when the sound server moves the recording to another source."""
        with pulse.connect() as server:
            while server is not None:
                source = server.source_of(recorder.pid)
                if source is not None and self._name not in ("", source.name):
                    self._report_device(source.name, source.label, listing)
                time.sleep(LOOK_S)


def _has_bridge() -> bool:
    """Whether PortAudio can record from the sound server."""
    return any(info["name"] == PULSE for info in portaudio.load().query_devices())


def _ended(recorder: Recorder, device: Device) -> ProblemError:
    """The problem to report when the recording ended by itself."""
    if isinstance(recorder, RecorderProgram):
        return recorder.exit_problem()
    return broken(device.label, "The sound system ended the recording")
