"""Asks a PulseAudio server, or PipeWire in its place, for its sources and who records from them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PulseSource:
    """A source of the server."""

    name: str
    """A persistent name, such as ``alsa_input.usb-Blue_Yeti-00.analog-stereo``."""
    label: str
    """A name for people."""
    rate_hz: int
    n_channels: int
    is_monitor: bool
    """Whether it records what the machine plays."""


class Pulse:
    """A connection to the server, made by ``connect``."""

    def __init__(self, pulse: Any) -> None:
        self._pulse = pulse

    @property
    def system(self) -> str:
        """The server's name and version."""
        info = self._pulse.server_info()
        name = str(info.server_name)
        if "PipeWire" in name:
            return name.partition("on ")[2].rstrip(")") or name
        return f"PulseAudio {info.server_version}"

    @property
    def default(self) -> str:
        """The name of the default source."""
        return str(self._pulse.server_info().default_source_name)

    def sources(self) -> list[PulseSource]:
        """All sources: microphones first, then monitors."""
        found = [self._source(info) for info in self._pulse.source_list()]
        return sorted(found, key=lambda source: source.is_monitor)

    def source_of(self, pid: int) -> PulseSource | None:
        """The source that a process records from, if it does."""
        for output in self._pulse.source_output_list():
            if output.proplist.get("application.process.id") == str(pid):
                return self._source(self._pulse.source_info(output.source))
        return None

    def _source(self, info: Any) -> PulseSource:
        return PulseSource(
            name=info.name,
            label=info.description or info.name,
            rate_hz=info.rate_hz,
            n_channels=info.channel_count,
            is_monitor=info.proplist.get("device.class") == "monitor",
        )


@contextmanager
def connect() -> Iterator[Pulse | None]:
    """Connect to the server; gives None if there is none.

    A hanging server blocks this for ever, so call it only where that does no harm.
    """
    try:
        import pulsectl
    except OSError:  # without libpulse there is no PulseAudio either
        yield None
        return
    pulsectl.PulseSourceInfo._init_from_struct = _keep_rate
    pulse = pulsectl.Pulse("skdictate", connect=False)
    try:
        try:
            pulse.connect(autospawn=False)
        except pulsectl.PulseError:
            yield None
            return
        yield Pulse(pulse)
    finally:
        pulse.close()


def _keep_rate(info: Any, struct: Any) -> None:
    # The library keeps a view of the server's answer, which the next answer overwrites.
    info.rate_hz = struct.sample_spec.rate


def set_source(name: str) -> None:
    """Make streams that are opened from now on record from this source."""
    os.environ["PULSE_SOURCE"] = name
