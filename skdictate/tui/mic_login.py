"""The user's part in bringing a microphone of another machine here: a line to copy, a login to
give; apart, since nothing else leaves the screen for the clipboard or for ssh."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from skdictate.remote_mic.ssh.local_terminal import kept_attributes
from skdictate.system.child_processes import environ
from skdictate.tui import clipboard

if TYPE_CHECKING:
    from skdictate.tui.host import Host


class MicLogin:
    """What the app knows of it, and the keys' commands."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._n_copied = 0
        """How many lines of the invitation were copied."""

    def anew(self) -> None:
        """It stands otherwise now: the first line is the next to be copied."""
        self._n_copied = 0

    def copy(self) -> None:
        """Copy a line that brings a microphone here; the next time, the next one."""
        if (asked := self._app.main_screen.invitation) is not None:
            line = asked.lines[self._n_copied % len(asked.lines)]
            self._n_copied += 1
            clipboard.offer(self._app, line.text)
            self._app.clear_notifications()
            title = f"For the clipboard: {line.where}"
            self._app.notify(line.text, title=title, markup=False)

    def log_in(self) -> None:
        """Let ssh ask in the terminal what it has to ask."""
        if self._app.main_screen.login:
            with self._app.suspend(), kept_attributes():
                done = subprocess.run(self._app.main_screen.login, env=environ())
            if done.returncode == 0:
                self._app.worker.logged_in()
