"""The lines of one sender: it uses one of them, and may have others while it is not sure of that.

It alone knows which one it uses. So it is told everything on all of them, and the older ones are
left when it has said something on the newest that it says where it is sure.
"""

from __future__ import annotations

from skdictate.core.frames import Frame, Type
from skdictate.sources.guest import Guest
from skdictate.sources.stream import Stream

SURE = (Type.AUDIO, Type.GAP, Type.MEND, Type.BYE)
"""A sender says this on the line that it uses, and on no other."""
MOST = 4
"""Lines at a time."""


class Party:
    """Nobody, or one sender."""

    def __init__(self) -> None:
        self.lines: list[Guest] = []
        """The newest last."""

    @property
    def newest(self) -> Guest | None:
        """The newest line."""
        return self.lines[-1] if self.lines else None

    @property
    def heard_s(self) -> float:
        """When it was heard last; of the steady clock."""
        return max(it.heard_s for it in self.lines)

    def join(self, guest: Guest) -> list[Guest]:
        """Another line; those that are too many now."""
        self.lines.append(guest)
        return self.lines[:-MOST]

    def elders(self, of: Guest, kind: Type) -> list[Guest]:
        """The lines that are not used any more, now that such a frame has come by this one."""
        return self.lines[:-1] if of is self.newest and kind in SURE else []

    def others(self, of: Guest, stream_id: str) -> list[Guest]:
        """The same, now that a stream begins there; those that know of the stream stay."""
        return [it for it in self.lines if it is not of and it.stream_id != stream_id]

    def leave(self, guest: Guest) -> None:
        """It is gone; an older one may be the one that is used."""
        if guest in self.lines:
            self.lines.remove(guest)

    def of(self, stream: Stream | None) -> list[Guest]:
        """The lines by which a stream comes."""
        return [it for it in self.lines if stream is not None and it.stream is stream]

    def say(self, *frames: Frame) -> None:
        """Tell the sender; it hears it once, as it listens to one line at a time."""
        for it in self.lines:
            it.say(*frames)
