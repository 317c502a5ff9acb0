"""Copies bytes from a file descriptor to a socket."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READ_BYTES = 1 << 16


def pass_on(fd: int, connection: socket.socket) -> None:
    """Copy everything, blocking; then close the socket, so that its reader notices the end."""
    with suppress(OSError):
        while data := os.read(fd, READ_BYTES):
            connection.sendall(data)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
