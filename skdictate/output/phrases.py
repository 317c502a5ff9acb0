"""Moments, gaps and findings in words, for a person; apart, since the screen says them too, and
writes no file."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Reason
from skdictate.core.findings import Finding


def noted(sound: Format, finding: Finding) -> str:
    """A finding as a line, for a person."""
    return f"{clock(sound.ms(finding.start_sample))} {finding.words}"


def clock(time_ms: int) -> str:
    """A time for a person: 1:05, or 1:02:03 past the hour."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def gap_text(gap: Gap) -> str:
    """A gap in words."""
    if gap.reason is Reason.NOT_CAPTURED:
        return "no sound was captured"
    if gap.reason is Reason.OVERRUN:
        return "sound was lost, this machine was too busy"
    if gap.reason is Reason.NOT_KEPT:
        return "sound was lost, the disk had no room for it"
    if gap.reason is Reason.UNREADABLE:
        return "the disk does not give the sound back"
    if gap.reason is Reason.UNFINISHED:
        return "not recognised, the program had ended"
    return f"not recognised; last heard: {gap.heard}" if gap.heard else "not recognised"
