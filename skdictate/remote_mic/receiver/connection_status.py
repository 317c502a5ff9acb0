"""Describes the state of a remote microphone for the screen, and as a problem."""

from __future__ import annotations

import time

from skdictate.errors import Kind, Problem
from skdictate.remote_mic.receiver.incoming_stream import IncomingStream
from skdictate.remote_mic.receiver.sender_connection import SenderConnection

SILENT_S = 3.0
"""Seconds after which a connected sender that sends nothing counts as hanging."""
BEHIND_S = 1.0
"""Seconds of lag from which sound was stored on its way."""
ROUGH_S = 1.0
"""Seconds of sound received as Opus from which it is mentioned."""
NOBODY = "waiting for a microphone"

WAITING = Problem(
    Kind.MICROPHONE,
    "Waiting for a microphone",
    "",
    "On the machine that has one, run: skdictate mic send and the name of this one.",
)


def words(
    name: str,
    stream: IncomingStream | None,
    guest: SenderConnection | None,
    away_since_s: float,
    lost_s: float,
) -> str:
    """The status in one line.

    Args:
        name: of the microphone.
        stream: the current stream, or the last one.
        guest: the connection that sends it, if there is one.
        away_since_s: since when there is none, in seconds of the steady clock.
        lost_s: seconds of this dictation's sound that are lost.
    """
    if stream is None:
        return NOBODY
    now_s = time.monotonic()
    if guest is None:
        kept = ", keeps what it hears if it runs" if stream.hello.keeps else ""
        return f"{name}, away for {now_s - away_since_s:.0f} s{kept}"
    if is_silent(guest):
        return f"{name}, no sign for {now_s - guest.heard_s:.0f} s"
    codec = "Opus" if stream.is_opus else "PCM"
    if stream.rough_s >= ROUGH_S:
        codec += f", {stream.rough_s:.0f} s to be mended"
    lost = f"{lost_s:.1f} s lost" if lost_s else "nothing lost"
    late = f"lag {stream.lag_s:.2f} s"
    if stream.lag_s >= BEHIND_S:
        late = f"{stream.lag_s:.1f} s behind"
    parts = [name, late, round_trip(guest), lost, codec]
    if lost_s:  # a narrow screen has no room for all of it
        parts = [name, lost, late, round_trip(guest), codec]
    return ", ".join(part for part in parts if part)


def ready(name: str, guest: SenderConnection | None) -> str:
    """The status of a connected sender before a dictation."""
    parts = [name, "ready", round_trip(guest) if guest is not None else ""]
    return ", ".join(part for part in parts if part)


def round_trip(guest: SenderConnection) -> str:
    """The round trip in words; empty until it is known."""
    took_s = guest.round_trip_s
    return "" if took_s is None else f"round trip {1000 * took_s:.0f} ms"


def is_silent(guest: SenderConnection) -> bool:
    """Whether a connected sender has not answered for some time."""
    return time.monotonic() - guest.heard_s > SILENT_S


def away(name: str, left_at: str, *, keeps: bool) -> Problem:
    """The problem of a sender that has gone, and what becomes of speech meanwhile."""
    kept = "if it still runs, what is said there is kept"
    if not keeps:
        kept = "what is said until it is back is lost"
    detail = f"{name} was heard last at {left_at}; {kept}"
    return Problem(Kind.MICROPHONE, "The microphone is away", detail, "It comes back by itself.")


def silent(name: str, *, keeps: bool) -> Problem:
    """The problem of a sender that is connected and does not answer."""
    detail = f"{name} is connected and has said nothing for {SILENT_S:.0f} seconds"
    hint = "If it still runs, what is said there is kept, and comes when it answers again."
    if not keeps:
        hint = "What is said until it answers again is lost."
    return Problem(Kind.MICROPHONE, "The microphone stands still", detail, hint)
