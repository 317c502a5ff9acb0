"""From a file onward to a socket: how either end of a line is heard by the other."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READ_BYTES = 1 << 16


def pass_on(fd: int, connection: socket.socket) -> None:
    """All that comes, on the calling thread; whoever listens is told of the end."""
    with suppress(OSError):
        while data := os.read(fd, READ_BYTES):
            connection.sendall(data)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
