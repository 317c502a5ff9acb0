"""Times, gaps and findings as short text, for the screen and for output formats."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Reason
from skdictate.core.findings import Finding


def noted(sound: Format, finding: Finding) -> str:
    """A finding as a line of text with its time."""
    return f"{clock(sound.ms(finding.start_sample))} {finding.words}"


def clock(time_ms: int) -> str:
    """A time in milliseconds as 1:05, or as 1:02:03 from an hour on."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def gap_text(gap: Gap) -> str:
    """Why a part has no text, without its time."""
    if gap.reason is Reason.NOT_CAPTURED:
        return "no sound was captured"
    if gap.reason is Reason.OVERRUN:
        return "sound lost, this machine was too busy"
    if gap.reason is Reason.NOT_KEPT:
        return "sound lost, the disk was full"
    if gap.reason is Reason.UNREADABLE:
        return "the recording cannot be read"
    if gap.reason is Reason.UNFINISHED:
        return "not recognised, the program ended"
    return f"not recognised; last heard: {gap.heard}" if gap.heard else "not recognised"
