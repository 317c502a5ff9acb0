"""The lines of one sender: it uses one of them, and may have others while it is not sure of that.

It alone knows which one it uses. So it is told everything on all of them, and the older ones are
left when it has said something on the newest that it says where it is sure.
"""

from __future__ import annotations

from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.receiver.incoming_stream import IncomingStream
from skdictate.remote_mic.receiver.sender_connection import SenderConnection

SURE = (Type.AUDIO, Type.GAP, Type.MEND, Type.BYE)
"""A sender says this on the line that it uses, and on no other."""
MOST = 4
"""Lines at a time."""


class ConnectionSet:
    """Nobody, or one sender."""

    def __init__(self) -> None:
        self.lines: list[SenderConnection] = []
        """The newest last."""

    @property
    def newest(self) -> SenderConnection | None:
        """The newest line."""
        return self.lines[-1] if self.lines else None

    @property
    def heard_s(self) -> float:
        """When it was heard last; of the steady clock."""
        return max(it.heard_s for it in self.lines)

    def join(self, guest: SenderConnection) -> list[SenderConnection]:
        """Another line; those that are too many now."""
        self.lines.append(guest)
        return self.lines[:-MOST]

    def elders(self, of: SenderConnection, kind: Type) -> list[SenderConnection]:
        """The lines that are not used any more, now that such a frame has come by this one."""
        return self.lines[:-1] if of is self.newest and kind in SURE else []

    def others(self, of: SenderConnection, stream_id: str) -> list[SenderConnection]:
        """The same, now that a stream begins there; those that know of the stream stay."""
        return [it for it in self.lines if it is not of and it.stream_id != stream_id]

    def leave(self, guest: SenderConnection) -> None:
        """It is gone; an older one may be the one that is used."""
        if guest in self.lines:
            self.lines.remove(guest)

    def of(self, stream: IncomingStream | None) -> list[SenderConnection]:
        """The lines by which a stream comes."""
        return [it for it in self.lines if stream is not None and it.stream is stream]

    def say(self, *frames: Frame) -> None:
        """Tell the sender; it hears it once, as it listens to one line at a time."""
        for it in self.lines:
            it.say(*frames)
