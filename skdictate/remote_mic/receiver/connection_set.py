"""The connections of one sender, which uses one of them at a time.

Only the sender knows which one it uses. So it gets every frame on all of them, and older ones are
closed when a frame arrives on the newest that a sender only sends on the connection it uses.
"""

from __future__ import annotations

from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver.incoming_stream import IncomingStream
from skdictate.remote_mic.receiver.sender_connection import SenderConnection

SURE = (Type.AUDIO, Type.GAP, Type.MEND, Type.BYE)
"""A sender sends these only on the connection that it uses."""
MOST = 4
"""Connections at a time."""


class ConnectionSet:
    """The connections of one sender; empty if there is none."""

    def __init__(self) -> None:
        self.lines: list[SenderConnection] = []
        """The newest is last."""

    @property
    def newest(self) -> SenderConnection | None:
        """The newest connection."""
        return self.lines[-1] if self.lines else None

    @property
    def heard_s(self) -> float:
        """When anything arrived last, in seconds of the steady clock."""
        return max(it.heard_s for it in self.lines)

    def join(self, guest: SenderConnection) -> list[SenderConnection]:
        """Add a connection; returns those that are now too many."""
        self.lines.append(guest)
        return self.lines[:-MOST]

    def elders(self, of: SenderConnection, kind: Type) -> list[SenderConnection]:
        """The connections that are obsolete now that such a frame has arrived on this one."""
        return self.lines[:-1] if of is self.newest and kind in SURE else []

    def others(self, of: SenderConnection, stream_id: str) -> list[SenderConnection]:
        """The connections that do not carry a stream, now that it begins on this one."""
        return [it for it in self.lines if it is not of and it.stream_id != stream_id]

    def leave(self, guest: SenderConnection) -> None:
        """Remove a connection that has closed."""
        if guest in self.lines:
            self.lines.remove(guest)

    def of(self, stream: IncomingStream | None) -> list[SenderConnection]:
        """The connections that carry a stream."""
        return [it for it in self.lines if stream is not None and it.stream is stream]

    def say(self, *frames: Frame) -> None:
        """Send frames on all connections; the sender reads one of them at a time."""
        for it in self.lines:
            it.say(*frames)
