"""How a microphone elsewhere stands, in words: for the screen, and as a problem where it is one."""

from __future__ import annotations

import time

from skdictate.errors import Kind, Problem
from skdictate.sources.guest import Guest
from skdictate.sources.stream import Stream

SILENT_S = 3.0
"""A sender that is connected and says nothing for so long is standing still."""
BEHIND_S = 1.0
"""Sound that comes so late was kept on its way."""
ROUGH_S = 1.0
"""So much that came as Opus is worth saying."""
NOBODY = "waiting for a microphone"

WAITING = Problem(
    Kind.MICROPHONE,
    "Waiting for a microphone",
    "",
    "On the machine that has one, run: skdictate mic send and the name of this one.",
)


def words(name: str, stream: Stream | None, guest: Guest | None, away_since_s: float) -> str:
    """One line; ``guest`` is who sends the stream, if somebody does, since the given time not."""
    if stream is None:
        return NOBODY
    now_s = time.monotonic()
    if guest is None:
        kept = ", keeps what it hears" if stream.hello.keeps else ""
        return f"{name}, away for {now_s - away_since_s:.0f} s{kept}"
    if is_silent(guest):
        return f"{name}, no sign for {now_s - guest.heard_s:.0f} s"
    codec = "Opus" if stream.is_opus else "PCM"
    if stream.rough_s >= ROUGH_S:
        codec += f", {stream.rough_s:.0f} s to be mended"
    if stream.lag_s >= BEHIND_S:
        return f"{name}, {stream.lag_s:.1f} s behind, nothing lost, {codec}"
    return f"{name}, lag {stream.lag_s:.2f} s, {codec}"


def is_silent(guest: Guest) -> bool:
    """It is connected, and gives no sign of life."""
    return time.monotonic() - guest.heard_s > SILENT_S


def away(name: str, left_at: str, *, keeps: bool) -> Problem:
    """The sender has gone, and what becomes of what is said there."""
    kept = "what is said there is kept" if keeps else "what is said until it is back is lost"
    detail = f"{name} was heard last at {left_at}; {kept}"
    return Problem(Kind.MICROPHONE, "The microphone is away", detail, "It comes back by itself.")


def silent(name: str) -> Problem:
    """The sender is there, and says nothing."""
    detail = f"{name} is connected and has said nothing for {SILENT_S:.0f} seconds"
    hint = "What is said there is kept, and comes when it answers again."
    return Problem(Kind.MICROPHONE, "The microphone stands still", detail, hint)
