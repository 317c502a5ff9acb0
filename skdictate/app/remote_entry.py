"""Where the microphone of another machine comes in; apart, since it stays open from one studio to
the next, as long as both want the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.remote_mic.receiver.hub import Hub


class RemoteEntry:
    """One lobby at a time, or none; how it stands is told when it is something else."""

    def __init__(self, tell: Callable[[RemoteStatus], None]) -> None:
        self.hub: Hub | None = None
        self.elsewhere: RemoteStatus | None = None
        """How the microphone of another machine stands, as it was at the last look."""
        self._tell = tell
        self._receiving: asyncio.Task[None] | None = None

    async def receive(self, group: asyncio.TaskGroup, hub: Hub | None) -> None:
        """Let microphones come in there from now on, and nowhere else."""
        if hub is self.hub:
            return
        if self._receiving is not None and self.hub is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])
            self.hub.close()
        self.hub = hub
        self._receiving = group.create_task(hub.run()) if hub is not None else None

    def retry(self, *, is_logged_in: bool = False) -> None:
        """Connect now, perhaps over the connection that the user has opened meanwhile."""
        if self.hub is not None:
            self.hub.retry(is_logged_in=is_logged_in)

    def look(self, hub: Hub | None) -> None:
        """See how this one stands, which is the one in use, if any."""
        before = self.elsewhere
        self.elsewhere = now = hub.elsewhere if hub is not None else None
        if now is not None and (before is None or replace(before, words=now.words) != now):
            self._tell(now)
