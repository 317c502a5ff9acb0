"""The problems of finding a microphone, each with the command that solves it."""

from __future__ import annotations

import os
import platform
import sys

from skdictate.errors import Kind, Problem, ProblemError

REMEDIES = {
    "debian": "sudo apt install {debian}",
    "ubuntu": "sudo apt install {debian}",
    "fedora": "sudo dnf install {fedora}",
    "rhel": "sudo dnf install {fedora}",
    "arch": "sudo pacman -S {arch}",
    "suse": "sudo zypper install {suse}",
}
"""Install commands by the names in ``/etc/os-release``."""
PORTAUDIO = {
    "debian": "libportaudio2 libasound2-plugins",
    "fedora": "portaudio alsa-plugins-pulseaudio",
    "arch": "portaudio alsa-plugins",
    "suse": "libportaudio2 alsa-plugins-pulse",
}


def no_portaudio(detail: str) -> ProblemError:
    """PortAudio is missing, and so is any program that could record instead."""
    return _error("PortAudio is missing", detail, install(PORTAUDIO))


def no_device(system: str) -> ProblemError:
    """Everything works, but there is no input device."""
    if server := os.environ.get("PULSE_SERVER"):
        detail = f"No sound server answers at {server}, where PULSE_SERVER says that it is"
        return _error("There is no microphone", detail, "Start the server, or unset PULSE_SERVER.")
    if "SSH_CONNECTION" in os.environ:
        hint = "Over SSH it has to be brought along: see “The microphone of another machine”."
    elif is_wsl():
        hint = "In WSL it comes by WSLg: run wsl --update in Windows, and wsl --shutdown."
    elif sys.platform == "darwin":
        hint = "Allow the terminal in System Settings, Privacy & Security, Microphone."
    else:
        hint = "Plug one in, or see what is there: skdictate devices"
    return _error("There is no microphone", f"{system} has no input device", hint)


def no_such_device(wanted: str, names: list[str]) -> ProblemError:
    """There is no device of the name that the user gave."""
    there = ", ".join(names) or "none"
    return _error("There is no such microphone", f"{wanted!r}; there are: {there}", LIST)


def ambiguous(wanted: str, names: list[str]) -> ProblemError:
    """More than one device matches what the user gave."""
    return _error("Which microphone?", f"{wanted!r} may be {', '.join(names)}", LIST)


def broken(name: str, detail: str) -> ProblemError:
    """A device cannot be opened, or was disconnected."""
    hint = "See what works: skdictate doctor"
    if sys.platform == "darwin":
        hint = "Allow the terminal in System Settings, Privacy & Security, Microphone."
    return _error(f"{name} cannot be used", detail, hint)


LIST = "See what is there: skdictate devices"


def install(packages: dict[str, str]) -> str:
    """The command that installs these packages on this system."""
    if sys.platform != "linux":
        return "Install skdictate again with pip: its packages bring PortAudio."
    names = system_names()
    for name in names:
        if name in REMEDIES:
            return f"Run: {REMEDIES[name].format(**packages)}"
    return f"Install what Debian calls {packages['debian']}."


def system_names() -> list[str]:
    """The names of this Linux distribution and of those it derives from, the closest first."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return []
    return [release.get("ID", ""), *release.get("ID_LIKE", "").split()]


def is_wsl() -> bool:
    """Whether this is Linux inside Windows."""
    return "microsoft" in platform.release().lower()


def _error(title: str, detail: str, hint: str) -> ProblemError:
    return ProblemError(Problem(Kind.MICROPHONE, title, detail, hint))
