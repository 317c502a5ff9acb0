"""The user's part in connecting a remote microphone: copy a command, log in with ssh."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from skdictate.remote_mic.ssh.local_terminal import kept_attributes
from skdictate.system.child_processes import environ
from skdictate.tui import clipboard

if TYPE_CHECKING:
    from skdictate.tui.host import Host


class MicLogin:
    """Implements the keys ``c`` and ``l``."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._n_copied = 0
        """Number of commands copied so far; decides which one is next."""

    def reset(self) -> None:
        """Make the first command the next to be copied, since the connection has changed."""
        self._n_copied = 0

    def copy(self) -> None:
        """Copy a command that connects a microphone; each call copies the next one."""
        if (asked := self._app.main_screen.invitation) is not None:
            line = asked.lines[self._n_copied % len(asked.lines)]
            self._n_copied += 1
            clipboard.offer(self._app, line.text)
            self._app.clear_notifications()
            title = f"Copied: {line.where}"
            self._app.notify(line.text, title=title, markup=False)

    def log_in(self) -> None:
        """Suspend the app and run ssh, so that it can ask for a password or a host key."""
        if self._app.main_screen.login:
            with self._app.suspend(), kept_attributes():
                done = subprocess.run(self._app.main_screen.login, env=environ())
            if done.returncode == 0:
                self._app.worker.logged_in()
