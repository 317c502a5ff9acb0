"""Addresses as gRPC writes them: ``HOST:PORT`` or ``unix:PATH``."""

from __future__ import annotations

import ipaddress

UNIX = "unix:"


def is_loopback(target: str) -> bool:
    """The address is on this machine, by what it says and not by what a name server says."""
    if target.startswith(UNIX):
        return True
    host = target.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def port_of(target: str) -> int | None:
    """The port of HOST:PORT; None if that is not what it is."""
    host, _, port = target.rpartition(":")
    is_number = port.isascii() and port.isdigit() and int(port) < 65_536
    is_host = bool(host) and not any(c.isspace() or c == "/" for c in host)
    return int(port) if is_number and is_host else None
