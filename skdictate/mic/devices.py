"""Which microphones there are, and which one a user means."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from skdictate.core.clean import clean
from skdictate.mic import portaudio
from skdictate.mic.programs import first
from skdictate.mic.pulse import Pulse
from skdictate.mic.trouble import ambiguous, no_device, no_portaudio, no_such_device


@dataclass(frozen=True, slots=True)
class Device:
    """One that can be recorded from."""

    name: str
    """What it is called by the system; lasts over restarts."""
    label: str
    """What it is called by people."""
    rates_hz: tuple[int, ...]
    n_channels: int
    is_default: bool = False
    is_monitor: bool = False
    """It hears what this machine plays."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All of them, and who says so."""

    system: str
    devices: tuple[Device, ...]

    def as_json(self) -> dict[str, Any]:
        """For the process that asked."""
        return asdict(self)

    def choose(self, wanted: str) -> Device:
        """The default, or the one that a name, a number or a part of a name stands for.

        Raises:
            ProblemError: there is none, or more than one.
        """
        if not self.devices:
            raise no_device(self.system)
        if not wanted:
            return next((device for device in self.devices if device.is_default), self.devices[0])
        found = self._named(wanted)
        if not found:
            raise no_such_device(wanted, [device.label for device in self.devices])
        if len(found) > 1:
            raise ambiguous(wanted, [f"{it.label} ({it.name})" for it in found])
        return found[0]

    def _named(self, wanted: str) -> list[Device]:
        exact = [device for device in self.devices if wanted in (device.name, device.label)]
        if exact:
            return exact
        if wanted.isdecimal():
            return list(self.devices[int(wanted) - 1 : int(wanted)]) if int(wanted) else []
        part = wanted.casefold()
        return [
            device
            for device in self.devices
            if part in device.label.casefold() or part in device.name.casefold()
        ]


def survey(pulse: Pulse | None) -> Listing:
    """What there is: by the sound server if one runs, else by PortAudio, else by ALSA's program.

    Raises:
        ProblemError: there is nothing that could know.
    """
    if pulse is not None:
        return _of_pulse(pulse)
    try:
        return _of_portaudio()
    except OSError as error:
        if first("arecord"):
            return Listing("ALSA", (Device("default", "default", (), 1, is_default=True),))
        raise no_portaudio(str(error)) from error


def _of_pulse(pulse: Pulse) -> Listing:
    default = pulse.default
    devices = [
        Device(
            source.name,
            clean(source.label),
            (source.rate_hz,),
            source.n_channels,
            is_default=source.name == default,
            is_monitor=source.is_monitor,
        )
        for source in pulse.sources()
    ]
    return Listing(pulse.system, tuple(devices))


def _of_portaudio() -> Listing:
    sounddevice = portaudio.load()
    default = sounddevice.default.device[0]
    default_api = sounddevice.query_devices(default)["hostapi"] if default >= 0 else 0
    devices = [
        Device(
            info["name"],
            clean(info["name"]),
            portaudio.rates(info["index"]),
            info["max_input_channels"],
            is_default=info["index"] == default,
        )
        for info in sounddevice.query_devices()
        if info["max_input_channels"] > 0 and info["hostapi"] == default_api
    ]
    api = sounddevice.query_hostapis(default_api)["name"]
    return Listing(f"{api} through PortAudio", tuple(devices))
