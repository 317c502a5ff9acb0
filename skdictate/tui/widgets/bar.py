"""Bars out of characters: filled to an eighth of a cell."""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"


def filled(share: float, width: int) -> tuple[str, str]:
    """A bar of ``width`` cells filled to a share of 0 to 1: the filled part, and the rest."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    whole, part = divmod(eighths, 8)
    text = _FULL * whole + (_EIGHTHS[part] if part else "")
    return text, " " * (width - len(text))


def ruled(share: float, width: int) -> tuple[str, str]:
    """A thin bar, a line that is heavy as far as it is filled, to half a cell."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    whole, half = divmod(halves, 2)
    text = "━" * whole + "╸" * half
    return text, "━" * (width - len(text))
