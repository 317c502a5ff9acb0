"""The microphones of this machine, as the process that knows them tells of them; apart, since that
process and those who ask it know nothing of one another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from skdictate.text.clean_text import clean


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
class DeviceListing:
    """All of them, and who says so."""

    system: str
    devices: tuple[Device, ...]

    def as_json(self) -> dict[str, Any]:
        """For the process that asked."""
        return asdict(self)

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> DeviceListing:
        """What ``as_json`` gave; a name is kept to the letter, since it is said back."""
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
