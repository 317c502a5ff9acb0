"""Lists the microphones, and finds the one that the user means."""

from __future__ import annotations

from collections.abc import Sequence

from skdictate.mic import portaudio
from skdictate.mic.mic_problems import ambiguous, no_device, no_portaudio, no_such_device
from skdictate.mic.pulse import Pulse
from skdictate.mic.recorder_programs import first
from skdictate.mic_protocol.devices import Device, DeviceListing
from skdictate.text.clean_text import clean


def choose(listing: DeviceListing, wanted: str) -> Device:
    """The device for a name, number or part of a name; the default one if ``wanted`` is empty.

    Raises:
        ProblemError: there is no such device, or more than one.
    """
    devices = listing.devices
    if not devices:
        raise no_device(listing.system)
    if not wanted:
        return next((device for device in devices if device.is_default), devices[0])
    found = _named(devices, wanted)
    if not found:
        raise no_such_device(wanted, [device.label for device in devices])
    if len(found) > 1:
        raise ambiguous(wanted, [f"{it.label} ({it.name})" for it in found])
    return found[0]


def _named(devices: Sequence[Device], wanted: str) -> list[Device]:
    exact = [device for device in devices if wanted in (device.name, device.label)]
    if exact:
        return exact
    if wanted.isdecimal():
        return list(devices[int(wanted) - 1 : int(wanted)]) if int(wanted) else []
    part = wanted.casefold()
    return [
        device
        for device in devices
        if part in device.label.casefold() or part in device.name.casefold()
    ]


def survey(pulse: Pulse | None) -> DeviceListing:
    """List the devices.

    By the sound server if one runs, else by PortAudio, else by ALSA's recorder.

    Raises:
        ProblemError: nothing on this machine can list or record.
    """
    if pulse is not None:
        return _of_pulse(pulse)
    try:
        return _of_portaudio()
    except OSError as error:
        if first("arecord"):
            return DeviceListing("ALSA", (Device("default", "default", (), 1, is_default=True),))
        raise no_portaudio(str(error)) from error


def _of_pulse(pulse: Pulse) -> DeviceListing:
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
    return DeviceListing(pulse.system, tuple(devices))


def _of_portaudio() -> DeviceListing:
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
    return DeviceListing(f"{api} through PortAudio", tuple(devices))
