"""All ways by which a microphone of another machine comes to one app."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.elsewhere import FORWARDED, SSH, Elsewhere
from skdictate.openssh.place import Place
from skdictate.paths import Paths
from skdictate.sources.forward import Forward
from skdictate.sources.inbox import Inbox
from skdictate.sources.reception import Reception
from skdictate.sources.ssh import SshLine

COMING_S = 8.0
"""A microphone that comes with the terminal may have to come by a second way."""


class Lobby:
    """``run`` while the app runs; ``close`` at its end."""

    def __init__(self, source: str, paths: Paths, sound: Format) -> None:
        """For a source that is elsewhere.

        Raises:
            ProblemError: it cannot be.
        """
        self.source = source
        self.is_invited = not source.startswith(SSH)
        """It is the microphone that comes, and who has it must know how."""
        self.reception = Reception(sound)
        self._inbox: Inbox | None = None
        self._line: SshLine | None = None
        self._forward: Forward | None = None
        self._coming_until_s = float("-inf")
        if not self.is_invited:
            self._line = SshLine(Place.of(source), self.reception, sound)
            return
        self._inbox = Inbox(self.reception, paths)
        if source.startswith(FORWARDED):
            self._forward = Forward(Path(source.removeprefix(FORWARDED)))
            self._coming_until_s = time.monotonic() + COMING_S

    async def run(self) -> None:
        """Let microphones come, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for way in (self._inbox, self._line):
                if way is not None:
                    group.create_task(way.run())
            if self._forward is not None:
                group.create_task(self._forward.serve(self.reception))

    def is_for(self, source: str, sound: Format) -> bool:
        """Whether it is what these settings want."""
        return (source, sound) == (self.source, self.reception.format)

    def retry(self, *, is_logged_in: bool = False) -> None:
        """Go there now, if it is we who go; by the connection that the user has opened, if so."""
        if self._line is not None:
            if is_logged_in:
                self._line.master.opened()
            self._line.retry()

    @property
    def elsewhere(self) -> Elsewhere:
        """How it stands."""
        reception = self.reception
        if reception.is_attached:
            greeting = self._line.greeting if self._line is not None else ""
            return Elsewhere(reception.words, is_attached=True, greeting=greeting)
        is_coming = time.monotonic() < self._coming_until_s
        words, problem = reception.words, reception.problem
        login: tuple[str, ...] = ()
        if self._line is not None and problem is None and not reception.is_wanted:
            words = f"connecting to {self._line.place.host}"
        elif self._line is not None and problem is not None and problem.is_permanent:
            login = self._line.master.command
        return Elsewhere(words, False, is_coming, problem, login)

    def close(self) -> None:
        """Nobody comes any more."""
        if self._inbox is not None:
            self._inbox.close()
        if self._line is not None:
            self._line.master.close()
