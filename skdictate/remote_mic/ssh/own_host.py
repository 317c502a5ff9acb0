"""The address of this machine for SSH users, and the command that runs this program here."""

from __future__ import annotations

import getpass
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from skdictate.mic_protocol.invitation import SSH_PORT, Invitation
from skdictate.text.clean_text import clean

USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
"""The PATH of commands that ``ssh`` runs, on most systems."""
OURS = "SKDICTATE_HOME"
"""Where the sockets are, if not at the usual place."""


def invitation(environ: Mapping[str, str]) -> Invitation:
    """How the user can connect here, as far as their SSH connection tells."""
    _, _, address, port = (environ.get("SSH_CONNECTION", "").split() + [""] * 4)[:4]
    host = f"{_user()}@{_name(address)}"
    return Invitation(host, int(port) if port.isdecimal() else SSH_PORT, _program(environ))


def _user() -> str:
    try:
        return clean(getpass.getuser())
    except (KeyError, OSError):  # a user without a name, as in containers
        return str(os.getuid())


def _name(address: str) -> str:
    """The address by which the user came; the machine's name if that is a loopback address."""
    try:
        told = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return clean(socket.gethostname())
    return clean(socket.gethostname()) if told.is_loopback else clean(address)


def _program(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A command for this program that works in a shell without our settings."""
    own = Path(sys.argv[0])
    words = [own.name]
    if shutil.which(own.name, path=USUAL_PATH) is None:
        words = [str(own.absolute())]
    if own.name != "skdictate":
        words = [sys.executable, "-m", "skdictate"]
    home = environ.get(OURS)
    return ("env", f"{OURS}={Path(home).absolute()}", *words) if home else tuple(words)
