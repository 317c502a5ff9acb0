"""An SSH connection that the user has opened, password and all, and that later commands share."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from skdictate.remote_mic.ssh import ssh_command_line
from skdictate.system.child_processes import environ

IDLE_S = 600
"""Seconds without a session after which it ends by itself."""
END_S = 2.0


class SshMaster:
    """The connection is opened by running ``command`` in the user's terminal."""

    def __init__(self, host: str, port: int | None) -> None:
        self.shared: tuple[str, ...] = ()
        """The ssh options that use the connection; empty while there is none."""
        self._host = host
        self._port = port
        self._folder: Path | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """A command that asks what it has to and stays in the background.

        Empty where that is impossible.
        """
        if sys.platform == "win32":
            return ()
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="skdictate-"))
        ours = (
            *("-o", "ControlMaster=yes", "-o", f"ControlPath={self._folder / 'm'}"),
            *("-o", f"ControlPersist={IDLE_S}", "-f", "-N", "-a", "-x"),
        )
        return tuple(ssh_command_line.command(self._host, ours=ours, port=self._port))

    def opened(self) -> None:
        """Note that the command has succeeded."""
        if self._folder is not None:
            self.shared = ("-o", f"ControlPath={self._folder / 'm'}")

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._folder is None:
            return
        path = self._folder / "m"
        if path.exists():
            ours = ("-o", f"ControlPath={path}", "-O", "exit")
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run(
                    ssh_command_line.command(self._host, ours=ours, port=self._port),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environ(),
                    timeout=END_S,
                )
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
