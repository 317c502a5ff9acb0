"""Why there is no microphone, exactly, and the one command that mends it."""

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
"""By the names in ``/etc/os-release``."""
PORTAUDIO = {
    "debian": "libportaudio2 libasound2-plugins",
    "fedora": "portaudio alsa-plugins-pulseaudio",
    "arch": "portaudio alsa-plugins",
    "suse": "libportaudio2 alsa-plugins-pulse",
}


def no_portaudio(detail: str) -> ProblemError:
    """The library is missing, and no program that records is there instead."""
    return _error("PortAudio is missing", detail, install(PORTAUDIO))


def no_device(system: str) -> ProblemError:
    """Everything works, but nothing is plugged in."""
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
    """The user named one that is not there."""
    there = ", ".join(names) or "none"
    return _error("There is no such microphone", f"{wanted!r}; there are: {there}", LIST)


def ambiguous(wanted: str, names: list[str]) -> ProblemError:
    """The user named more than one."""
    return _error("Which microphone?", f"{wanted!r} may be {', '.join(names)}", LIST)


def broken(name: str, detail: str) -> ProblemError:
    """It is there, and cannot be opened or went away."""
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
    """This Linux and what it descends from, the nearest first."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return []
    return [release.get("ID", ""), *release.get("ID_LIKE", "").split()]


def is_wsl() -> bool:
    """Linux inside Windows."""
    return "microsoft" in platform.release().lower()


def _error(title: str, detail: str, hint: str) -> ProblemError:
    return ProblemError(Problem(Kind.MICROPHONE, title, detail, hint))
