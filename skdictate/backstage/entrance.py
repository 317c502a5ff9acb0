"""Where the microphone of another machine comes in; apart, since it stays open from one studio to
the next, as long as both want the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.core.elsewhere import Elsewhere

if TYPE_CHECKING:
    from skdictate.sources.lobby import Lobby


class Entrance:
    """One lobby at a time, or none; how it stands is told when it is something else."""

    def __init__(self, tell: Callable[[Elsewhere], None]) -> None:
        self.lobby: Lobby | None = None
        self.elsewhere: Elsewhere | None = None
        """How the microphone of another machine stands, as it was at the last look."""
        self._tell = tell
        self._receiving: asyncio.Task[None] | None = None

    async def receive(self, group: asyncio.TaskGroup, lobby: Lobby | None) -> None:
        """Let microphones come in there from now on, and nowhere else."""
        if lobby is self.lobby:
            return
        if self._receiving is not None and self.lobby is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])
            self.lobby.close()
        self.lobby = lobby
        self._receiving = group.create_task(lobby.run()) if lobby is not None else None

    def retry(self, *, is_logged_in: bool = False) -> None:
        """Connect now, perhaps over the connection that the user has opened meanwhile."""
        if self.lobby is not None:
            self.lobby.retry(is_logged_in=is_logged_in)

    def look(self, lobby: Lobby | None) -> None:
        """See how this one stands, which is the one in use, if any."""
        before = self.elsewhere
        self.elsewhere = now = lobby.elsewhere if lobby is not None else None
        if now is not None and (before is None or replace(before, words=now.words) != now):
            self._tell(now)
