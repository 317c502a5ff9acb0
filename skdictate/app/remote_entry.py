"""Receives the remote microphone; stays open from one factory to the next with the same source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.remote_mic.receiver.hub import Hub


class RemoteEntry:
    """Runs one hub at a time, or none, and reports when the microphone's status changes."""

    def __init__(self, tell: Callable[[RemoteStatus], None]) -> None:
        self.hub: Hub | None = None
        self.elsewhere: RemoteStatus | None = None
        """Status of the remote microphone when ``check`` was last called."""
        self._tell = tell
        self._receiving: asyncio.Task[None] | None = None

    async def receive(self, group: asyncio.TaskGroup, hub: Hub | None) -> None:
        """Run this hub from now on in place of the former one; None for none."""
        if hub is self.hub:
            return
        if self._receiving is not None and self.hub is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])
            self.hub.close()
        self.hub = hub
        self._receiving = group.create_task(hub.run()) if hub is not None else None

    def retry(self, *, is_logged_in: bool = False) -> None:
        """Connect now; ``is_logged_in`` if the user has just logged in with ssh."""
        if self.hub is not None:
            self.hub.retry(is_logged_in=is_logged_in)

    def check(self, hub: Hub | None) -> None:
        """Read the status of the hub in use, and report it if it has changed."""
        before = self.elsewhere
        self.elsewhere = now = hub.elsewhere if hub is not None else None
        if now is not None and (before is None or replace(before, words=now.words) != now):
            self._tell(now)
