"""The microphones of a machine, in the form in which the capturing process reports them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from skdictate.text.clean_text import clean


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can be recorded from."""

    name: str
    """The system's name, which survives restarts."""
    label: str
    """The name for people."""
    rates_hz: tuple[int, ...]
    n_channels: int
    is_default: bool = False
    is_monitor: bool = False
    """Whether it records what this machine plays."""


@dataclass(frozen=True, slots=True)
class DeviceListing:
    """All devices, and the system that listed them."""

    system: str
    devices: tuple[Device, ...]

    def as_json(self) -> dict[str, Any]:
        """The listing as the capturing process prints it."""
        return asdict(self)

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> DeviceListing:
        """Parse what ``as_json`` gave.

        Device names are kept unchanged, since they are sent back.
        """
        devices = tuple(
            Device(
                name=str(it["name"]),
                label=clean(str(it["label"])),
                rates_hz=tuple(it["rates_hz"]),
                n_channels=int(it["n_channels"]),
                is_default=bool(it["is_default"]),
                is_monitor=bool(it["is_monitor"]),
            )
            for it in said["devices"]
        )
        return cls(clean(str(said["system"])), devices)
