"""All ways in which the microphone of another machine reaches one app."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.remote_status import FORWARDED, SSH, RemoteStatus
from skdictate.remote_mic.receiver.forwarded_mic import ForwardedMic
from skdictate.remote_mic.receiver.mic_socket import MicSocket
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.remote_mic.receiver.ssh_source import SshSource
from skdictate.remote_mic.ssh.remote_host import RemoteHost
from skdictate.system.paths import Paths

COMING_S = 8.0
"""Seconds within which a microphone that is forwarded with the terminal should arrive."""


class Hub:
    """``run`` while the app runs; ``close`` at its end."""

    def __init__(self, source: str, paths: Paths, sound: Format) -> None:
        """Set up the receiving for a remote source.

        Raises:
            ProblemError: the source cannot be used.
        """
        self.source = source
        self.is_invited = not source.startswith(SSH)
        """Whether the sender connects to us, so that its user has to be told how."""
        self.receiver = Receiver(sound)
        self._inbox: MicSocket | None = None
        self._line: SshSource | None = None
        self._forward: ForwardedMic | None = None
        self._coming_until_s = float("-inf")
        if not self.is_invited:
            self._line = SshSource(RemoteHost.of(source), self.receiver, sound)
            return
        self._inbox = MicSocket(self.receiver, paths)
        if source.startswith(FORWARDED):
            self._forward = ForwardedMic(Path(source.removeprefix(FORWARDED)))
            self._coming_until_s = time.monotonic() + COMING_S

    async def run(self) -> None:
        """Receive microphones until cancelled."""
        async with asyncio.TaskGroup() as group:
            for way in (self._inbox, self._line):
                if way is not None:
                    group.create_task(way.run())
            if self._forward is not None:
                group.create_task(self._forward.serve(self.receiver))

    def is_for(self, source: str, sound: Format) -> bool:
        """Whether this hub fits these settings."""
        return (source, sound) == (self.source, self.receiver.format)

    def retry(self, *, is_logged_in: bool = False) -> None:
        """Connect at once if we are the connecting end.

        ``is_logged_in`` if the user has opened the SSH connection.
        """
        if self._line is not None:
            if is_logged_in:
                self._line.master.opened()
            self._line.retry()

    @property
    def elsewhere(self) -> RemoteStatus:
        """The status."""
        receiver = self.receiver
        if receiver.is_attached:
            greeting = self._line.greeting if self._line is not None else ""
            return RemoteStatus(receiver.words, is_attached=True, greeting=greeting)
        is_coming = time.monotonic() < self._coming_until_s
        words, problem = receiver.words, receiver.problem
        login: tuple[str, ...] = ()
        if self._line is not None and problem is None and not receiver.is_wanted:
            words = f"connecting to {self._line.place.host}"
        elif self._line is not None and problem is not None and problem.is_permanent:
            login = self._line.master.command
        return RemoteStatus(words, False, is_coming, problem, login)

    def close(self) -> None:
        """Accept no more connections."""
        if self._inbox is not None:
            self._inbox.close()
        if self._line is not None:
            self._line.master.close()
