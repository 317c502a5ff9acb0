"""Sentences about unfinished and deleted dictations."""

from __future__ import annotations

from skdictate.library.unfinished import Found
from skdictate.output.phrases import clock


def offered(found: Found) -> str:
    """The newest unfinished dictation and the number of others; empty if there is none."""
    if not found.unfinished:
        return ""
    it = found.unfinished[0]
    lines = "1 phrase" if it.n_lines == 1 else f"{it.n_lines} phrases"
    left, whole = (clock(1000 * seconds) for seconds in (it.left_s, it.whole_s))
    n_more = len(found.unfinished) - 1
    others = f" And {n_more} more." if n_more else ""
    return f"Unfinished: {whole}, {lines}, {left} not recognised yet.{others}"


def removed(found: Found) -> str:
    """What was deleted because of its age; empty if nothing was."""
    counted = (
        (found.n_sounds_removed, "recording", "recordings"),
        (found.n_texts_removed, "dictation", "dictations"),
    )
    pieces = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    return f"{' and '.join(pieces)} older than your settings allow" if pieces else ""


def length(n_samples: int, rate_hz: int) -> str:
    """A number of samples as a time, rounded up to seconds so that it is never 0:00."""
    return clock(-(-n_samples // rate_hz) * 1000)
